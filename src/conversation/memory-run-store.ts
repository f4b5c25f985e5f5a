import { v7 as uuidv7 } from 'uuid';
import { ChatBusyError, PendingToolCallsError } from '../errors/chat.errors.js';
import { type MessageRecord, type ModelMessage } from '../messages/message.interface.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { textOf } from '../messages/text.js';
import { type CountedAttempt, usageByModel, type UsageReport, usageReport } from '../messages/usage-report.js';
import { type AttemptOutcome } from '../router/attempt.interface.js';
import { type RunRecord } from '../runs/run-record.interface.js';
import { type RunInput } from '../runs/run-options.js';
import { mergedInput } from '../runs/run-options.js';
import { toolsAfter } from '../runs/chat-tools.js';
import {
  type BeginRun,
  type BegunRun,
  type Cancellation,
  type Enqueued,
  type StoredRun,
  type FinishRun,
  type FinishedRun,
  type RejectedPart,
  type RetryAttempt,
  type RunKey,
  type ResumeState,
  type RunStore,
  type StoredToolCall,
  type StoreProgress,
  type StoreStep,
} from '../runs/run-store.interface.js';
import { MemoryToolCalls } from './memory-tool-calls.js';

/** The run that is under way, or parked. */
interface ActiveRun {
  id: string;
  model: string;
  tools: readonly string[] | null;
  options: RunInput | null;
  steps: number;
  /** Where it continues, once it is parked. */
  parked?: Omit<ResumeState, 'options'>;
}

/** Keeps the messages of one chat in memory, for as long as the chat object is referenced. */
export class MemoryRunStore implements RunStore {
  readonly leases = undefined;
  readonly log = undefined;
  readonly isHandedOver = false;
  readonly messages: MessageRecord[] = [];
  readonly toolCalls: MemoryToolCalls;
  private readonly superseded = new Set<string>();
  private readonly attempts: CountedAttempt[] = [];
  private tools: readonly string[] | null = null;
  private run: ActiveRun | undefined;

  constructor(
    readonly chatId: string,
    public model: string,
    public params: ModelParams = {},
    private readonly ownerId: string | null = null,
  ) {
    this.toolCalls = new MemoryToolCalls(chatId);
  }

  /** What the chat has cost so far. */
  get usage(): UsageReport {
    return usageReport(usageByModel(this.attempts));
  }

  /** Whether the last thing that was said is a whole answer. */
  get isComplete(): boolean {
    const last = this.history.findLast(({ role }) => role !== 'system');
    return isAnswer(last);
  }

  chatModel(): Promise<string> {
    return Promise.resolve(this.model);
  }

  async begin(run: BeginRun): Promise<BegunRun> {
    if (run.check !== null && this.run === undefined) await run.check(this.history);
    return this.run === undefined ? this.beginNew(run) : this.resume(this.run, run);
  }

  openCalls(messageId: string): Promise<StoredToolCall[]> {
    return Promise.resolve(this.toolCalls.open(messageId));
  }

  retry({ ended }: RetryAttempt): Promise<void> {
    this.endAttempt(ended);
    this.beginAttempt();
    return Promise.resolve();
  }

  storeStep({ message, prefixDigest, calls, attempt, supersedes, runId }: StoreStep): Promise<MessageRecord> {
    this.endAttempt(attempt.outcome);
    if (this.run) this.run.steps += 1;
    this.supersede(supersedes);
    const stored = this.add({ ...message, role: 'assistant', runId }, prefixDigest);
    this.toolCalls.add(message.id, calls);
    return Promise.resolve(stored);
  }

  storeProgress({ results, moved, next, runId }: StoreProgress): Promise<MessageRecord[]> {
    for (const { id, status } of moved) this.toolCalls.move(id, status, false);
    if (next) this.beginAttempt();
    const stored = results.map(({ id, toolCallId, status, part, createdAt }) => {
      this.toolCalls.move(toolCallId, status, true);
      return this.add({ id, role: 'tool', parts: [part], runId, createdAt });
    });
    return Promise.resolve(stored);
  }

  rejectParts(_run: RunKey, rejected: readonly RejectedPart[]): Promise<void> {
    for (const { messageId, index, part } of rejected) {
      const at = this.messages.findIndex(({ id }) => id === messageId);
      const message: (MessageRecord & ModelMessage) | undefined = this.messages[at];
      if (!message) continue;
      this.messages[at] = asStored({ ...message, parts: message.parts.with(index, part) }, message.prefixDigest);
    }
    return Promise.resolve();
  }

  finish(run: FinishRun): Promise<FinishedRun> {
    if (run.attempt) this.endAttempt(run.attempt.outcome);
    this.supersede(run.supersedes);
    const isParked = run.status === 'awaiting_approval';
    if (!isParked) this.run = undefined;
    else if (this.run) this.run.parked = this.resumeState(run, this.run.steps);
    const { answer, prefixDigest, runId } = run;
    const stored = answer && this.add({ ...answer, role: 'assistant', runId }, prefixDigest);
    return Promise.resolve({ answer: stored, hasQueued: false });
  }

  find = () => Promise.reject<StoredRun>(new Error('find'));
  list = () => Promise.reject<RunRecord[]>(new Error('list'));
  active = () => Promise.resolve(this.run && { id: this.run.id, status: 'running' as const });
  findKey = () => Promise.resolve(undefined);
  enqueue = () => Promise.reject<Enqueued>(new Error('enqueue'));
  firstQueued = () => Promise.resolve(undefined);
  failQueued = () => Promise.reject(new Error('failQueued'));
  cancel = () => Promise.reject<Cancellation>(new Error('cancel'));
  takeOver = () => Promise.resolve(undefined);
  release = () => Promise.resolve();

  /**
   * Adds a message that no run is about.
   * @throws PendingToolCallsError for one of the assistant while a parked run waits: its calls would be left for good
   */
  addByHand(message: Pick<MessageRecord, 'role' | 'parts'>): MessageRecord {
    if (message.role === 'assistant' && this.run?.parked) throw new PendingToolCallsError(this.chatId);
    return this.add(message);
  }

  /** Adds a message at the end; an ask and an answer leave the calls before them. */
  add(
    message: Pick<MessageRecord, 'role'> & { parts: Part[] } & Partial<MessageRecord>,
    prefixDigest: string | null = null,
  ): MessageRecord {
    const record: MessageRecord = {
      id: uuidv7(),
      chatId: this.chatId,
      seq: this.messages.length,
      status: 'complete',
      text: textOf(message.parts),
      model: null,
      finishReason: null,
      finishDetail: null,
      runId: null,
      createdAt: new Date().toISOString(),
      ...message,
    };
    if (record.role === 'assistant' || (record.role === 'user' && record.runId !== null)) this.toolCalls.leave();
    this.messages.push(asStored(record, prefixDigest));
    return record;
  }

  private get history(): MessageRecord[] {
    return this.messages.filter((message) => !this.superseded.has(message.id));
  }

  private beginNew(run: BeginRun): BegunRun {
    const { model, params, instructions, tools } = run.settings;
    this.model = model ?? this.model;
    this.params = mergeParams(this.params, params);
    this.tools = toolsAfter(this.tools, tools);
    if (instructions !== undefined) {
      this.add({ role: 'system', parts: [{ type: 'text', text: instructions }], runId: run.runId });
    }
    if (run.user) this.add({ id: run.user.id, role: 'user', parts: run.user.parts, runId: run.runId });
    this.run = { id: run.runId, model: run.model ?? this.model, tools: run.tools, options: run.options, steps: 0 };
    if (run.attemptId !== null) this.beginAttempt();
    return this.begun(this.run);
  }

  private resume(active: ActiveRun, run: BeginRun): BegunRun {
    const { parked } = active;
    if (parked === undefined) throw new ChatBusyError(this.chatId, active.id);
    if (run.user !== null || this.toolCalls.pending().length > 0) throw new PendingToolCallsError(this.chatId);
    if (!run.claim(active.id)) throw new ChatBusyError(this.chatId, active.id);
    active.parked = undefined;
    active.model = run.model ?? active.model;
    active.tools = run.tools ?? active.tools;
    active.options = mergedInput(active.options, run.options);
    return { ...this.begun(active), resumed: { ...parked, options: active.options } };
  }

  private begun({ id, model, tools }: ActiveRun): BegunRun {
    const { chatId, ownerId, params, history } = this;
    const ofChat = { chatId, ownerId, params, tools: tools ?? this.tools, agent: null, agentInputs: null, history };
    return { ...ofChat, runId: id, fence: 0, model };
  }

  private resumeState({ usage, unlogged }: FinishRun, steps: number): ActiveRun['parked'] {
    const { firstIndex, events } = unlogged.fresh;
    // The end of the run is the one event that is not among them.
    return { nextIndex: firstIndex + events.length + 1, steps, spent: usage };
  }

  private supersede(ids: readonly string[]): void {
    for (const id of ids) this.superseded.add(id);
  }

  private beginAttempt(): void {
    this.attempts.push({ model: this.run?.model ?? this.model, status: 'pending', usage: null });
  }

  private endAttempt({ status, usage }: AttemptOutcome): void {
    this.attempts.splice(-1, 1, { model: this.run?.model ?? this.model, status, usage });
  }
}

/** Whether a message is a whole answer, which waits for nothing. */
export function isAnswer(
  message: Pick<MessageRecord, 'role' | 'status' | 'finishReason' | 'parts'> | undefined,
): boolean {
  return (
    message?.role === 'assistant' &&
    message.status === 'complete' &&
    message.finishReason !== 'pause' &&
    message.parts.every(({ type }) => type !== 'tool-call')
  );
}

/** The message as the database keeps it: what shows the message does not show its digest. */
function asStored(record: MessageRecord, prefixDigest: string | null | undefined): MessageRecord {
  if (typeof prefixDigest !== 'string') return record;
  return Object.defineProperty(record, 'prefixDigest', { value: prefixDigest });
}
