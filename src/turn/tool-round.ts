import { setImmediate as breathe } from 'node:timers/promises';
import { withDeadline } from '../async/deadline.js';
import { ownSignal } from '../async/own-signal.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type ToolOutcome } from '../tools/bound-tool.interface.js';
import { failure, type Plan, type PlannedCall } from './planned-call.js';
import { isReleased } from './released-turn.js';
import { type CallResult, type NewCall, type Turn } from './turn.interface.js';

const MAX_CONCURRENT_CALLS = 8;
/** How long a cancelled tool may take to report how far it got. */
const GRACE_MS = 500;

/** The result of a call that was cancelled before it started. */
export const NOT_STARTED = 'The call was cancelled before it started.';
const CUT_OFF = 'The call was cancelled while it ran: it may or may not have taken effect.';

type RunnableCall = PlannedCall & { plan: Extract<Plan, { type: 'run' }> };

/** The calls of one message: runs those that can run, some at a time, and stores what happens as it happens. */
export class ToolRound {
  private readonly queue: RunnableCall[];
  /** Those that are stored as running, before the round works. */
  private starting: readonly RunnableCall[] = [];
  private readonly running = new Set<PlannedCall>();
  private readonly settled: CallResult[] = [];
  private readonly results: CallResult[] = [];
  private readonly leaving = new AbortController();
  private wake = (): void => undefined;

  constructor(
    private readonly turn: Turn,
    private readonly calls: readonly PlannedCall[],
  ) {
    this.queue = calls.filter(isRunnable);
  }

  /** The calls that a person has to decide on. */
  get waiting(): PlannedCall[] {
    return this.calls.filter(({ plan }) => plan.type === 'wait');
  }

  /**
   * The calls as they are stored with their message. Where `work` follows, the first of them are stored as running
   * already, and `work` starts them.
   */
  newCalls(areStarting: boolean): NewCall[] {
    this.starting = areStarting ? this.queue.splice(0, MAX_CONCURRENT_CALLS) : [];
    const starting = new Set<PlannedCall>(this.starting);
    return this.calls.map((call) => ({
      id: call.id,
      ordinal: call.ordinal,
      part: call.part,
      status: starting.has(call) ? 'running' : 'pending',
      needsApproval: call.plan.type === 'wait',
      isIdempotent: call.isIdempotent,
    }));
  }

  /**
   * Works the calls that need no decision.
   * @param opensStep whether another request to the model follows when no call waits
   * @returns the results in the order of the calls
   */
  async work(opensStep: boolean): Promise<CallResult[]> {
    for (const call of this.calls) {
      const { plan } = call;
      if (plan.type === 'answer') this.settled.push({ call, status: plan.status, outcome: plan.outcome });
    }
    try {
      this.start(this.starting);
      await this.workThrough(opensStep && this.waiting.length === 0);
    } finally {
      this.leaving.abort();
    }
    return this.results.sort(byOrdinal);
  }

  private async workThrough(opensStep: boolean): Promise<void> {
    for (;;) {
      if (isReleased(this.turn.signal)) this.queue.length = 0;
      else if (this.turn.signal.aborted) this.cancelQueue();
      const started = this.queue.splice(0, MAX_CONCURRENT_CALLS - this.running.size);
      const results = this.settled.splice(0).sort(byOrdinal);
      const isLast = this.running.size === 0 && started.length === 0;
      const opensNow = isLast && opensStep && !this.turn.signal.aborted;
      if (results.length > 0 || started.length > 0 || opensNow) {
        const { journal } = this.turn;
        const ids = await journal.saveProgress({ results, started: started.map(({ id }) => id), opensStep: opensNow });
        this.results.push(...results.map((result, index) => ({ ...result, messageId: ids[index] })));
      }
      if (isLast) return;
      this.start(started);
      await this.somethingSettled();
    }
  }

  private start(calls: readonly RunnableCall[]): void {
    for (const call of calls) {
      this.running.add(call);
      void this.execute(call).then((outcome) => {
        this.running.delete(call);
        // Of a call that was cut, the process that continues the run decides.
        const isCut = outcome.isError && isReleased(this.turn.signal);
        if (!isCut) this.settled.push({ call, status: outcome.isError ? 'failed' : 'succeeded', outcome });
        this.wake();
      });
    }
  }

  /** Never rejects. */
  private async execute(call: RunnableCall): Promise<ToolOutcome> {
    const signal = ownSignal(this.turn.signal, this.leaving.signal);
    if (signal.aborted) return failure(NOT_STARTED);
    const context = {
      ...this.turn.toolContext,
      toolCallId: call.id,
      signal,
      emit: (data: unknown) => {
        if (!this.running.has(call) || this.leaving.signal.aborted) return;
        // A bound tool has made it JSON.
        this.turn.journal.recordProgress(call, data as JsonValue);
      },
    };
    try {
      return await withDeadline(() => call.plan.execute(context), { signal, graceMs: GRACE_MS });
    } catch (error) {
      return failure(error === signal.reason ? CUT_OFF : `The tool "${call.part.name}" failed.`);
    }
  }

  private cancelQueue(): void {
    for (const call of this.queue.splice(0)) {
      this.settled.push({ call, status: 'failed', outcome: failure(NOT_STARTED) });
    }
  }

  /** What settles together is stored together. */
  private async somethingSettled(): Promise<void> {
    if (this.settled.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    await breathe();
  }
}

function isRunnable(call: PlannedCall): call is RunnableCall {
  return call.plan.type === 'run';
}

function byOrdinal(left: CallResult, right: CallResult): number {
  return left.call.ordinal - right.call.ordinal;
}
