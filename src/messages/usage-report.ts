import { type Usage } from './message.interface.js';
import { addUsage, noUsage } from './usage.js';

/** What requests cost together, as far as the vendors told. */
export interface UsageTotals extends Usage {
  /** The physical requests: each retry is another one. */
  attempts: number;
  /** Those among them of which nobody knows the cost: under way, refused, broken off or killed. */
  unknownAttempts: number;
}

export interface ModelUsage extends UsageTotals {
  /** A Duo model id. */
  model: string;
}

/** What requests cost, in all and by model. */
export interface UsageReport extends UsageTotals {
  models: ModelUsage[];
}

/** What a chat has cost so far. */
export interface ChatUsage extends UsageReport {
  chatId: string;
}

/** A request whose cost is `null` while nobody knows it. */
export interface CountedAttempt {
  model: string;
  usage: Usage | null;
}

/** Adds up what the models cost. */
export function usageReport(models: ModelUsage[]): UsageReport {
  const total = models.reduce<UsageTotals>(addTotals, { attempts: 0, unknownAttempts: 0, ...noUsage });
  return { ...total, models };
}

/** Adds up what attempts cost, by model. */
export function usageByModel(attempts: readonly CountedAttempt[]): ModelUsage[] {
  const models = new Map<string, ModelUsage>();
  for (const { model, usage } of attempts) {
    const before = models.get(model) ?? { attempts: 0, unknownAttempts: 0, ...noUsage };
    const one = { attempts: 1, unknownAttempts: usage ? 0 : 1, ...(usage ?? noUsage) };
    models.set(model, { model, ...addTotals(before, one) });
  }
  return [...models.values()].sort((left, right) => (left.model < right.model ? -1 : 1));
}

function addTotals(left: UsageTotals, right: UsageTotals): UsageTotals {
  return {
    attempts: left.attempts + right.attempts,
    unknownAttempts: left.unknownAttempts + right.unknownAttempts,
    ...addUsage(left, right),
  };
}
