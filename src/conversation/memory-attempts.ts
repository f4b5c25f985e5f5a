import { addUsage } from '../messages/usage.js';
import { type CountedAttempt, usageByModel, type UsageReport, usageReport } from '../messages/usage-report.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type MemoryRuns } from './memory-runs.js';

/** The requests to the model of one chat in memory, and what they cost. */
export class MemoryAttempts {
  private readonly attempts: CountedAttempt[] = [];

  constructor(private readonly runs: MemoryRuns) {}

  /** What the chat has cost so far. */
  get usage(): UsageReport {
    return usageReport(usageByModel(this.attempts));
  }

  /** Adds a request of the active run, which is about to be sent. */
  begin(): void {
    const { active } = this.runs;
    if (active) this.attempts.push({ model: active.model, status: 'pending', usage: null });
  }

  /** Ends the last request. */
  end({ status, usage }: AttemptOutcome): void {
    const { active } = this.runs;
    if (!active) return;
    this.attempts.splice(-1, 1, { model: active.model, status, usage });
    if (usage) Object.assign(active, { usage: addUsage(active.usage, usage), answerUsage: usage });
  }
}
