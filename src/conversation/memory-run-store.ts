import { ChatBusyError, PendingToolCallsError } from '../errors/chat.errors.js';
import { type Problem } from '../errors/problem.js';
import { MessageNotFoundError } from '../errors/message.errors.js';
import { MessageIdTakenError } from '../errors/run.errors.js';
import { type MessageRecord } from '../messages/message.interface.js';
import { toolRound } from '../messages/tool-round.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type UsageReport } from '../messages/usage-report.js';
import { toolsAfter } from '../runs/chat-tools.js';
import { type RunListOptions, type RunRecord } from '../runs/run-record.interface.js';
import { type BeginRun, type BegunRun } from '../runs/begin-run.interface.js';
import { type NewUserMessage } from '../runs/chat-settings.interface.js';
import { type Enqueued, type EnqueueRun, type QueuedRun } from '../runs/queued-run.interface.js';
import { type Cancellation, type FinishedRun, type FinishRun } from '../runs/run-end.interface.js';
import { type KeyedRun } from '../runs/request-key.interface.js';
import {
  type RejectedPart,
  type RetryAttempt,
  type RunKey,
  type StoredToolCall,
  type StoreProgress,
  type StoreStep,
} from '../runs/run-progress.interface.js';
import { type RunStore } from '../runs/run-store.interface.js';
import { type StoredRun } from '../runs/stored-run.interface.js';
import { MemoryAttempts } from './memory-attempts.js';
import { isAnswer, MemoryMessages } from './memory-messages.js';
import { type MemoryRun, MemoryRuns } from './memory-runs.js';
import { MemoryToolCalls } from './memory-tool-calls.js';

/** Keeps the messages and the runs of one chat in memory, for as long as the chat object is referenced. */
export class MemoryRunStore implements RunStore {
  readonly leases = undefined;
  readonly log = undefined;
  readonly isHandedOver = false;
  readonly toolCalls: MemoryToolCalls;
  private readonly said: MemoryMessages;
  private readonly runs: MemoryRuns;
  private readonly attempts: MemoryAttempts;
  private tools: readonly string[] | null = null;

  constructor(
    readonly chatId: string,
    public model: string,
    public params: ModelParams = {},
    private readonly ownerId: string | null = null,
  ) {
    this.toolCalls = new MemoryToolCalls(chatId);
    this.said = new MemoryMessages(chatId);
    this.runs = new MemoryRuns(chatId);
    this.attempts = new MemoryAttempts(this.runs);
  }

  /** The messages so far, in order, except superseded ones. */
  get messages(): readonly MessageRecord[] {
    return this.said.history;
  }

  /** The messages so far, in order. */
  get allMessages(): readonly MessageRecord[] {
    return this.said.all;
  }

  /** What the chat has cost so far. */
  get usage(): UsageReport {
    return this.attempts.usage;
  }

  /** Whether the last thing that was said is a whole answer. */
  get isComplete(): boolean {
    const last = this.said.history.findLast(({ role }) => role !== 'system');
    return isAnswer(last);
  }

  chatModel(): Promise<string> {
    return Promise.resolve(this.model);
  }

  async begin(run: BeginRun): Promise<BegunRun> {
    if (run.check !== null && this.runs.active === undefined) await run.check(this.said.history);
    this.runs.mustBeFree(run.requestKey);
    const { active } = this.runs;
    const begun = active === undefined ? this.beginNew(run) : this.resume(active, run);
    this.runs.keep(run.requestKey, begun.runId);
    return begun;
  }

  openCalls(messageId: string): Promise<StoredToolCall[]> {
    return Promise.resolve(this.toolCalls.open(messageId));
  }

  retry({ ended }: RetryAttempt): Promise<void> {
    this.attempts.end(ended);
    this.attempts.begin();
    return Promise.resolve();
  }

  storeStep({ message, prefixDigest, calls, attempt, supersedes, runId }: StoreStep): Promise<MessageRecord> {
    this.attempts.end(attempt.outcome);
    this.runs.get(runId).steps += 1;
    this.said.supersede(supersedes, runId);
    const stored = this.add({ ...message, role: 'assistant', runId }, prefixDigest);
    this.toolCalls.add(message.id, calls);
    return Promise.resolve(stored);
  }

  storeProgress({ results, moved, next, runId }: StoreProgress): Promise<MessageRecord[]> {
    for (const { id, status } of moved) this.toolCalls.move(id, status, false);
    if (next) this.attempts.begin();
    const stored = results.map(({ id, toolCallId, status, part, createdAt }) => {
      this.toolCalls.move(toolCallId, status, true);
      return this.add({ id, role: 'tool', parts: [part], runId, createdAt });
    });
    return Promise.resolve(stored);
  }

  rejectParts(_run: RunKey, rejected: readonly RejectedPart[]): Promise<void> {
    this.said.rejectParts(rejected);
    return Promise.resolve();
  }

  finish({ runId, status, answer, ...end }: FinishRun): Promise<FinishedRun> {
    if (end.attempt) this.attempts.end(end.attempt.outcome);
    this.said.supersede(end.supersedes, runId);
    const stored = answer && this.add({ ...answer, role: 'assistant', runId }, end.prefixDigest);
    const run = this.runs.get(runId);
    const { firstIndex, events } = end.unlogged.fresh;
    // The events of its end are not among them: one, and for each of an answer and an error one more.
    run.lastEventIndex = firstIndex + events.length + (answer ? 1 : 0) + (end.error ? 1 : 0);
    run.answerMessageId = stored?.id ?? null;
    if (status === 'awaiting_approval') this.runs.park(run, run.lastEventIndex + 1, end.usage);
    else this.runs.end(run, status, end.error);
    return Promise.resolve({ answer: stored, hasQueued: this.runs.queued.length > 0, isCancelRequested: false });
  }

  find(runId: string): Promise<StoredRun> {
    return Promise.resolve().then(() => {
      const run = this.runs.get(runId);
      const { lastEventIndex, answerUsage, userMessageId } = run;
      const messages = this.said.saidBy(runId);
      return { record: this.runs.record(run), lastEventIndex, messages, answerUsage, userMessageId };
    });
  }

  list(options: RunListOptions & { limit: number }): Promise<RunRecord[]> {
    return Promise.resolve(this.runs.list(options));
  }

  active(): Promise<Pick<RunRecord, 'id' | 'status'> | undefined> {
    return Promise.resolve(this.runs.active ?? this.runs.queued[0]);
  }

  findMessageRun(externalId: string): Promise<string | null | undefined> {
    const message = this.said.withExternalId(externalId);
    return Promise.resolve(message ? message.runId : this.runs.queuedWith(externalId)?.id);
  }

  findKey(key: string): Promise<KeyedRun | undefined> {
    return Promise.resolve(this.runs.findKey(key));
  }

  enqueue(run: EnqueueRun): Promise<Enqueued> {
    return Promise.resolve().then(() => {
      const { user = null, revision } = run.input.queued ?? {};
      if (!revision) this.mustBeNewToQueue(user);
      return this.runs.enqueue(run, this.model);
    });
  }

  firstQueued(): Promise<QueuedRun | undefined> {
    return Promise.resolve(this.runs.firstQueued);
  }

  failQueued(runId: string, problem: Problem): Promise<void> {
    const run = this.runs.queued.find(({ id }) => id === runId);
    if (run) this.endIdle(run, 'failed', problem);
    return Promise.resolve();
  }

  cancel(runId: string, reason: string): Promise<Cancellation> {
    return Promise.resolve().then(() => {
      const run = this.runs.get(runId);
      const { status } = run;
      const denied = status === 'awaiting_approval' ? this.toolCalls.denyAll(reason) : [];
      for (const part of denied) this.add({ role: 'tool', parts: [part], runId });
      if (status === 'awaiting_approval' || status === 'queued') this.endIdle(run, 'cancelled', null);
      return { status, hasEnded: status !== 'running' };
    });
  }

  takeOver(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Supersedes a message and what cannot stand without it.
   * @throws MessageNotFoundError, ChatBusyError, PendingToolCallsError
   */
  deleteMessage(messageId: string): void {
    const { history } = this.said;
    const { active } = this.runs;
    const message = this.said.find(messageId);
    if (message === undefined) throw new MessageNotFoundError(this.chatId, messageId);
    if (active?.status === 'awaiting_approval') throw new PendingToolCallsError(this.chatId);
    if (active) throw new ChatBusyError(this.chatId, active.id);
    this.supersede(toolRound(history, message), null);
  }

  /**
   * Adds a message that no run is about.
   * @throws PendingToolCallsError for one of the assistant while a parked run waits: its calls would be left for good
   */
  addByHand(message: Pick<MessageRecord, 'role' | 'parts'>): MessageRecord {
    if (message.role === 'assistant' && this.runs.active?.status === 'awaiting_approval') {
      throw new PendingToolCallsError(this.chatId);
    }
    return this.add(message);
  }

  /** Adds a message at the end; an ask and an answer leave the calls before them. */
  private add(message: Parameters<MemoryMessages['add']>[0], prefixDigest?: string | null): MessageRecord {
    const record = this.said.add(message, prefixDigest);
    if (record.role === 'assistant' || (record.role === 'user' && record.runId !== null)) this.toolCalls.leave();
    return record;
  }

  private beginNew(begin: BeginRun): BegunRun {
    const [first] = this.runs.queued;
    if (first && !begin.isQueued) throw new ChatBusyError(this.chatId, first.id);
    const superseded = begin.revision ? this.said.takenBack(begin.revision) : [];
    this.mustBeNew(begin.user, superseded);
    const { model, params, instructions, tools } = begin.settings;
    const run = this.runs.begin(begin, begin.model ?? model ?? this.model);
    this.supersede(superseded, run.id);
    this.model = model ?? this.model;
    this.params = mergeParams(this.params, params);
    this.tools = toolsAfter(this.tools, tools);
    if (instructions !== undefined) {
      this.add({ role: 'system', parts: [{ type: 'text', text: instructions }], runId: run.id });
    }
    if (begin.user) this.add({ ...begin.user, role: 'user', runId: run.id });
    if (begin.attemptId !== null) this.attempts.begin();
    return this.begun(run);
  }

  /** @throws MessageIdTakenError */
  private mustBeNew(user: NewUserMessage | null, superseded: readonly string[] = []): void {
    const externalId = user?.externalId;
    const known = externalId === undefined ? undefined : this.said.withExternalId(externalId);
    if (externalId !== undefined && known && !superseded.includes(known.id))
      throw new MessageIdTakenError(externalId, known.runId);
  }

  /** @throws MessageIdTakenError also where a queued run will store the id */
  private mustBeNewToQueue(user: NewUserMessage | null): void {
    this.mustBeNew(user);
    const externalId = user?.externalId;
    const queued = externalId === undefined ? undefined : this.runs.queuedWith(externalId);
    if (externalId !== undefined && queued) throw new MessageIdTakenError(externalId, queued.id);
  }

  private resume(active: MemoryRun, run: BeginRun): BegunRun {
    const { parked } = active;
    if (parked === undefined) throw new ChatBusyError(this.chatId, active.id);
    if (run.isQueued || run.user !== null || run.revision || this.toolCalls.pending().length > 0) {
      throw new PendingToolCallsError(this.chatId);
    }
    if (!run.claim(active.id)) throw new ChatBusyError(this.chatId, active.id);
    const resumed = this.runs.resume(active, parked, run);
    return { ...this.begun(active), resumed };
  }

  private begun({ id, model, tools }: MemoryRun): BegunRun {
    const { chatId, ownerId, params } = this;
    const { history } = this.said;
    const ofChat = { chatId, ownerId, params, tools: tools ?? this.tools, agent: null, agentInputs: null, history };
    return { ...ofChat, runId: id, fence: 0, model };
  }

  /** Keeps messages out of the history; their calls get no results any more. */
  private supersede(ids: readonly string[], runId: string | null): void {
    this.said.supersede(ids, runId);
    this.toolCalls.leave(ids);
  }

  /** Ends a run that no one works; that it was queued was its first event. */
  private endIdle(run: MemoryRun, status: 'failed' | 'cancelled', error: Problem | null): void {
    run.lastEventIndex = (run.lastEventIndex ?? 0) + (error ? 2 : 1);
    this.runs.end(run, status, error);
  }
}
