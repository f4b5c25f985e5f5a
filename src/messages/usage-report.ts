import { type Usage } from './message.interface.js';
import { addUsage, noUsage } from './usage.js';

/**
 * How a request stands in the ledger: `pending` until it ends; `unknown` where nothing or only a part of what it cost is
 * known: it was cancelled or cut before the vendor reported its final usage, or its process died.
 */
export type AttemptStatus = 'pending' | 'succeeded' | 'failed' | 'cancelled' | 'unknown';

/** The total cost of requests, as far as the vendors reported it. */
export interface UsageTotals extends Usage {
  /** The physical requests: each retry is another one. */
  attempts: number;
  /** Those among them that are under way; what they cost is counted once they have ended. */
  pendingAttempts: number;
  /**
   * Those among them that have ended without a vendor's last word on the cost: cancelled, cut, killed, or answered without
   * any. What is known of it is counted. A request that was refused costs nothing, and is not among them.
   */
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

/** A request in the ledger; its usage is `null` if the vendor reported none. */
export interface CountedAttempt {
  model: string;
  status: AttemptStatus;
  usage: Usage | null;
}

const nothing: UsageTotals = { attempts: 0, pendingAttempts: 0, unknownAttempts: 0, ...noUsage };

/** Adds up what the models cost. */
export function usageReport(models: ModelUsage[]): UsageReport {
  const total = models.reduce<UsageTotals>(addTotals, nothing);
  return { ...total, models };
}

/** Adds up what attempts cost, by model. */
export function usageByModel(attempts: readonly CountedAttempt[]): ModelUsage[] {
  const models = new Map<string, ModelUsage>();
  for (const { model, status, usage } of attempts) {
    const one = {
      attempts: 1,
      pendingAttempts: status === 'pending' ? 1 : 0,
      unknownAttempts: status === 'unknown' || (status === 'succeeded' && usage === null) ? 1 : 0,
      ...(usage ?? noUsage),
    };
    models.set(model, { model, ...addTotals(models.get(model) ?? nothing, one) });
  }
  return [...models.values()].sort((left, right) => (left.model < right.model ? -1 : 1));
}

function addTotals(left: UsageTotals, right: UsageTotals): UsageTotals {
  return {
    attempts: left.attempts + right.attempts,
    pendingAttempts: left.pendingAttempts + right.pendingAttempts,
    unknownAttempts: left.unknownAttempts + right.unknownAttempts,
    ...addUsage(left, right),
  };
}
