import { v7 as uuidv7 } from 'uuid';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { noUsage } from '../../../src/messages/usage.js';
import { type ToolCallPart } from '../../../src/messages/part.interface.js';
import { type BegunRun } from '../../../src/runs/begin-run.interface.js';
import {
  type AnswerDraft,
  type EndedAttempt,
  type RunKey,
  type StoreProgress,
} from '../../../src/runs/run-progress.interface.js';
import { type RunStore } from '../../../src/runs/run-store.interface.js';

/** What the model does in one step: it answers, calls a tool, calls one that may run again, or one that needs approval. */
export type PlannedStep = 'answer' | 'call' | 'again' | 'approval';

/** A call that has no result yet. */
interface OpenCall {
  id: string;
  ordinal: number;
  status: string;
  needsApproval: boolean;
}

/** A run as the instance that holds it works it: each move is one write to the store. */
export class InterleavedRun {
  isOver = false;
  private calls: OpenCall[];
  private attemptId: string | null;
  private step: number;
  private nextIndex: number;

  /**
   * @param parts of the calls of the chat, by their ids
   * @param attemptId of the request that the begin has stored, unless the run was resumed
   */
  constructor(
    private readonly store: RunStore,
    readonly begun: BegunRun,
    private readonly plan: readonly PlannedStep[],
    private readonly parts: Map<string, ToolCallPart>,
    attemptId: string | null,
    isQueued: boolean,
  ) {
    const { resumed } = begun;
    this.calls = (resumed?.openCalls ?? []).map((call) => ({ ...call }));
    this.attemptId = resumed ? (resumed.attemptId ?? null) : attemptId;
    this.step = (resumed?.steps ?? 0) + (this.attemptId === null ? 0 : 1);
    // That it was queued was its first event.
    this.nextIndex = resumed?.nextIndex ?? (isQueued ? 1 : 0);
  }

  get key(): RunKey {
    const { runId, chatId, fence } = this.begun;
    return { runId, chatId, fence };
  }

  /** Logs events, as an instance does soon after they came. */
  async log(...events: RunEvent[]): Promise<void> {
    const { runId, fence } = this.begun;
    await this.store.log?.append([{ runId, fence, firstIndex: this.nextIndex, events }]);
    this.nextIndex += events.length;
  }

  /** @returns what the run did */
  async move(isCancelled: boolean): Promise<string> {
    if (isCancelled) return this.end('cancelled');
    const [open] = this.calls.filter(({ needsApproval, status }) => !needsApproval || status !== 'pending');
    if (open) return this.work(open);
    if (this.calls.length > 0) return this.end('awaiting_approval');
    if (this.attemptId === null) return this.beginStep();
    const planned = this.plan[this.step - 1] ?? 'answer';
    return planned === 'answer' ? this.end('completed') : this.call(planned);
  }

  /** Gives the run back: another instance continues it. */
  async release(): Promise<void> {
    this.isOver = true;
    await this.store.release({
      ...this.key,
      unlogged: { sent: undefined, fresh: { firstIndex: this.nextIndex, events: [] } },
      attempt: this.endedAttempt(),
    });
  }

  private async call(planned: PlannedStep): Promise<string> {
    const part: ToolCallPart = { type: 'tool-call', id: `call_${uuidv7()}`, name: planned, arguments: {} };
    const needsApproval = planned === 'approval';
    const status = needsApproval ? 'pending' : 'running';
    const call = { id: uuidv7(), ordinal: 0, part, status, needsApproval, isIdempotent: planned === 'again' } as const;
    this.parts.set(call.id, part);
    const message = await this.store.storeStep({
      ...this.key,
      message: { ...draft('complete', ''), parts: [part], finishReason: 'tool-calls' },
      prefixDigest: null,
      calls: [call],
      attempt: this.endedAttempt() ?? ended(uuidv7()),
      supersedes: [],
    });
    const { id: messageId } = message;
    const end = { type: 'message-end', message: { ...message, usage: noUsage }, usage: noUsage } as const;
    await this.log({ type: 'message-start', messageId, role: 'assistant' }, { ...end, finishReason: 'tool-calls' });
    this.attemptId = null;
    this.calls = [call];
    return `calls ${planned}`;
  }

  private async work({ id, status }: OpenCall): Promise<string> {
    const mayRun = status !== 'denied';
    if (mayRun && status !== 'running') {
      await this.progress({ moved: [{ id, status: 'running' }] });
      this.calls = this.calls.map((call) => (call.id === id ? { ...call, status: 'running' } : call));
      return 'starts a call';
    }
    const { id: providerCallId = '', name = '' } = this.parts.get(id) ?? {};
    const part = { type: 'tool-result', id: providerCallId, name, content: 'Done', isError: !mayRun } as const;
    const result = { id: uuidv7(), toolCallId: id, part, createdAt: new Date().toISOString() };
    await this.progress({ results: [{ ...result, status: mayRun ? 'succeeded' : 'denied' }] });
    const { content, isError } = part;
    await this.log({ type: 'tool-result', toolCallId: id, providerCallId, name, content, isError });
    this.calls = this.calls.filter((call) => call.id !== id);
    return mayRun ? 'has a result' : 'has a denial';
  }

  private async beginStep(): Promise<string> {
    const id = uuidv7();
    await this.progress({ next: { id, step: this.step + 1, requestId: null } });
    this.attemptId = id;
    this.step += 1;
    return `begins step ${this.step}`;
  }

  private progress(progress: Partial<StoreProgress>): Promise<unknown> {
    return this.store.storeProgress({ ...this.key, results: [], moved: [], next: null, ...progress });
  }

  private async end(status: 'completed' | 'cancelled' | 'awaiting_approval'): Promise<string> {
    const state = { status, error: null, answerUsage: noUsage, usage: noUsage };
    const answer =
      status === 'completed' ? draft('complete', 'Answer') : status === 'cancelled' ? draft('cancelled', 'Half') : null;
    await this.store.finish({
      ...state,
      ...this.key,
      answer: this.attemptId === null ? null : answer,
      prefixDigest: null,
      attempt: this.endedAttempt(),
      unlogged: { sent: undefined, fresh: { firstIndex: this.nextIndex, events: [] } },
      supersedes: [],
    });
    this.isOver = true;
    return status;
  }

  private endedAttempt(): EndedAttempt | null {
    return this.attemptId === null ? null : ended(this.attemptId);
  }
}

function ended(id: string): EndedAttempt {
  const outcome = {
    number: 1,
    status: 'succeeded',
    usage: noUsage,
    firstTokenMs: 1,
    durationMs: 1,
    errorCode: null,
  } as const;
  return { id, outcome };
}

function draft(status: AnswerDraft['status'], text: string): AnswerDraft {
  return {
    id: uuidv7(),
    status,
    text,
    parts: text === '' ? [] : [{ type: 'text', text }],
    model: 'duo-chat-sonnet-4-6',
    finishReason: status === 'complete' ? 'stop' : null,
    finishDetail: null,
    createdAt: new Date().toISOString(),
  };
}
