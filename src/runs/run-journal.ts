import { newId } from '../messages/new-id.js';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type MessageRecord, type MessageStatus, type Usage } from '../messages/message.interface.js';
import { addUsage, noUsage } from '../messages/usage.js';
import { type AttemptOutcome, type StepOutcome } from '../router/attempt.interface.js';
import { resultPart } from '../turn/result-part.js';
import {
  type NewCall,
  type PendingToolCall,
  type RefusedPart,
  type RoundProgress,
  type ToolCall,
  type TurnEvent,
  type TurnJournal,
} from '../turn/turn.interface.js';
import { messageWithOpenCalls } from '../messages/open-calls.js';
import { toolResultEvent } from './final-events.js';
import { type LiveRun } from './live-run.js';
import { answerDraft } from './run-outcome.js';
import { type BegunRun } from './begin-run.interface.js';
import { type RejectedPart, type RunKey } from './run-progress.interface.js';
import { type RunStore } from './run-store.interface.js';
import { type RunEvent } from './run-event.interface.js';

/** Why a wrong answer is taken back. */
const WRONG: ErrorCode = 'schema_mismatch';

/** Records what the turn of a run does: in the store first, then for the followers. */
export class RunJournal implements TurnJournal {
  /** The message that the model says at the moment, or said last. */
  messageId = newId();
  /** The last message of the assistant that is stored. */
  message: MessageRecord | null = null;
  /** What that message cost. */
  messageUsage: Usage | null = null;
  /** The results of the calls of one message that are stored, by the calls' places in it. */
  private resultsByOrdinal = new Map<number, MessageRecord>();
  /** Messages that the next one replaces. */
  supersedes: string[] = [];
  /** The wrong answer that the next message is to take back. */
  private wrongId: string | undefined;
  /** What the attempts that have ended cost. */
  spent: Usage;
  private steps: number;
  /** Parts that a vendor has refused, by message and place, which are not stored yet. */
  private readonly refused = new Map<string, RejectedPart>();

  /**
   * @param attemptId the attempt that is stored and has not ended
   * @param requestId of the request that asked, for the attempts to come
   */
  constructor(
    private readonly run: LiveRun,
    private readonly store: RunStore,
    private readonly begun: BegunRun,
    public attemptId: string | null,
    private readonly requestId: string | null,
  ) {
    this.spent = begun.resumed?.spent ?? noUsage;
    this.steps = (begun.resumed?.steps ?? 0) + (attemptId === null ? 0 : 1);
  }

  /** Which run this is, to the store. */
  get key(): RunKey {
    const { runId, chatId, fence } = this.begun;
    return { runId, chatId, fence };
  }

  /** The results of the last calls that are stored, in the order of the calls. */
  get results(): MessageRecord[] {
    return [...this.resultsByOrdinal].sort(([left], [right]) => left - right).map(([, message]) => message);
  }

  beginMessage(): void {
    const { wrongId } = this;
    this.wrongId = undefined;
    // Known to the ledger: another process finds out which message was under way.
    this.messageId = this.attemptId ?? newId();
    if (this.messageId === this.begun.resumed?.messageId) return;
    this.run.append([
      ...(wrongId === undefined ? [] : [{ type: 'reset' as const, messageId: wrongId, reason: WRONG }]),
      { type: 'message-start', messageId: this.messageId, role: 'assistant' },
    ]);
  }

  recordEvents(events: readonly TurnEvent[]): void {
    this.run.append(runEvents(events, this.messageId));
  }

  recordProgress({ id, part }: ToolCall, data: JsonValue): void {
    this.run.append([{ type: 'tool-progress', toolCallId: id, providerCallId: part.id, data }]);
  }

  async retrying(ended: AttemptOutcome, nextNumber: number): Promise<void> {
    const nextId = newId();
    await this.store.retry({ endedId: this.openAttempt(), ended, nextId, nextNumber });
    this.attemptId = nextId;
    if (ended.usage) this.spent = addUsage(this.spent, ended.usage);
  }

  recordRejectedParts(parts: readonly RefusedPart[]): void {
    for (const { messageId, index, part } of parts)
      this.refused.set(`${messageId} ${index}`, { messageId, index, part });
    this.run.append(parts.map(({ part: _part, ...refused }) => ({ type: 'part-rejected', ...refused })));
  }

  /** Stores the parts that a vendor has refused. If that fails, the next ask costs one more request. */
  async storeRefused(): Promise<void> {
    const rejected = [...this.refused.values()];
    this.refused.clear();
    if (rejected.length > 0) await this.store.rejectParts(this.key, rejected).catch(() => undefined);
  }

  async saveStep(outcome: StepOutcome, calls: readonly NewCall[]): Promise<string> {
    const id = await this.storeMessage(outcome, 'complete', calls, this.supersedes);
    this.supersedes = [];
    return id;
  }

  async saveRejectedAnswer(outcome: StepOutcome): Promise<string> {
    const id = await this.storeMessage(outcome, 'failed', [], []);
    if (outcome.prefixDigest === undefined) this.supersedes = [...this.supersedes, this.messageId];
    this.wrongId = this.messageId;
    return id;
  }

  async saveProgress({ results, started, opensStep }: RoundProgress): Promise<string[]> {
    const drafts = results.map((result) => ({
      id: newId(),
      toolCallId: result.call.id,
      status: result.status,
      part: resultPart(result),
      createdAt: new Date().toISOString(),
    }));
    const { requestId } = this;
    const next = opensStep && this.attemptId === null ? { id: newId(), step: this.steps + 1, requestId } : null;
    if (drafts.length === 0 && started.length === 0 && next === null) return [];
    const moved = started.map((id) => ({ id, status: 'running' as const }));
    const stored = await this.store.storeProgress({ ...this.key, results: drafts, moved, next });
    results.forEach(({ call }, index) => {
      const message = stored[index];
      if (message) this.resultsByOrdinal.set(call.ordinal, message);
    });
    if (next !== null) {
      this.attemptId = next.id;
      this.steps = next.step;
    }
    this.run.append(drafts.map(toolResultEvent));
    return drafts.map(({ id }) => id);
  }

  async decidedCalls(calls: readonly ToolCall[]): Promise<PendingToolCall[]> {
    const message = this.message ?? messageWithOpenCalls(this.begun.history);
    const open = message === undefined ? [] : await this.store.openCalls(message.id);
    return calls.flatMap(({ id, part }) => {
      const decided = open.find((call) => call.id === id && (call.status === 'approved' || call.status === 'denied'));
      return decided ? [{ ...decided, part }] : [];
    });
  }

  private async storeMessage(
    { answer, attempt, prefixDigest }: StepOutcome,
    status: MessageStatus,
    calls: readonly NewCall[],
    supersedes: string[],
  ): Promise<string> {
    await this.storeRefused();
    const message = await this.store.storeStep({
      ...this.key,
      message: answerDraft(this.messageId, status, answer, this.begun.model),
      prefixDigest: prefixDigest ?? null,
      calls,
      attempt: { id: this.openAttempt(), outcome: attempt },
      supersedes,
    });
    const usage = attempt.usage ?? noUsage;
    this.spent = addUsage(this.spent, usage);
    this.attemptId = null;
    this.message = message;
    this.messageUsage = usage;
    this.resultsByOrdinal = new Map();
    const { finishReason } = message;
    this.run.append([{ type: 'message-end', message: { ...message, usage }, usage, finishReason }]);
    return message.id;
  }

  private openAttempt(): string {
    if (this.attemptId === null) throw new Error(`Run ${this.run.id} asks the model without an attempt in the ledger`);
    return this.attemptId;
  }
}

/** The model's events of a message as run events. Rejected parts are reported separately. */
function runEvents(events: readonly TurnEvent[], messageId: string): RunEvent[] {
  return events.flatMap((event): RunEvent[] => {
    if (event.type === 'part-rejected') return [];
    return [event.type === 'reset' ? { ...event, messageId } : event];
  });
}
