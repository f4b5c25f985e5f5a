import { type SandboxApi } from '../gateway/sandbox-api.js';
import { type FaultPlan, timesOf } from './fault-plan.js';

/** A fault that is due: its entry in the table, and its plan. */
export interface DueFault<Effect> {
  effect: Effect;
  plan: FaultPlan;
}

/** The planned faults, used up in the order in which they were planned. */
export class FaultQueue {
  private plans: FaultPlan[] = [];

  add(plan: FaultPlan): void {
    this.plans.push({ ...plan, times: timesOf(plan) });
  }

  /** Takes the first planned fault that is in this table and applies to this API. */
  take<Effect>(table: Record<string, Effect>, api?: SandboxApi): DueFault<Effect> | undefined {
    for (const [index, plan] of this.plans.entries()) {
      const effect = table[plan.fault];
      if (effect === undefined || (api !== undefined && plan.api !== undefined && plan.api !== api)) continue;
      if (plan.times === 1) this.plans.splice(index, 1);
      else if (plan.times !== 0) this.plans[index] = { ...plan, times: timesOf(plan) - 1 };
      return { effect, plan };
    }
    return undefined;
  }

  clear(): void {
    this.plans = [];
  }
}
