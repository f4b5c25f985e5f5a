import { v7 as uuidv7 } from 'uuid';
import { ChatBusyError } from '../errors/chat.errors.js';
import { type MessageRecord } from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { textOf } from '../messages/text.js';
import { type BeginRun, type BegunRun, type FinishRun, type RunStore } from '../runs/run-store.interface.js';

/** Keeps the messages of one chat in memory, for as long as somebody holds the chat. */
export class MemoryRunStore implements RunStore {
  readonly leases = undefined;
  readonly messages: MessageRecord[] = [];
  private readonly superseded = new Set<string>();
  private runId: string | undefined;

  constructor(
    readonly chatId: string,
    public model: string,
    public params: ModelParams = {},
    private readonly ownerId: string | null = null,
  ) {}

  begin(run: BeginRun): Promise<BegunRun> {
    if (this.runId !== undefined) return Promise.reject(new ChatBusyError(this.chatId, this.runId));
    this.runId = run.runId;
    this.model = run.settings.model ?? this.model;
    this.params = merged(this.params, run.settings.params);
    if (run.settings.instructions !== undefined) {
      this.add({ role: 'system', parts: [{ type: 'text', text: run.settings.instructions }], runId: run.runId });
    }
    if (run.user) this.add({ id: run.user.id, role: 'user', parts: run.user.parts, runId: run.runId });
    return Promise.resolve({
      chatId: this.chatId,
      ownerId: this.ownerId,
      fence: 0,
      model: run.model ?? this.model,
      params: this.params,
      history: this.messages.filter((message) => !this.superseded.has(message.id)),
    });
  }

  retry(): Promise<void> {
    return Promise.resolve();
  }

  finish(run: FinishRun): Promise<MessageRecord | null> {
    this.runId = undefined;
    for (const id of run.supersedes) this.superseded.add(id);
    return Promise.resolve(run.answer && this.add({ ...run.answer, role: 'assistant', runId: run.runId }));
  }

  /** Adds a message at the end. */
  add(message: Pick<MessageRecord, 'role'> & { parts: Part[] } & Partial<MessageRecord>): MessageRecord {
    const record: MessageRecord = {
      id: uuidv7(),
      chatId: this.chatId,
      seq: this.messages.length,
      status: 'complete',
      text: textOf(message.parts),
      model: null,
      finishReason: null,
      runId: null,
      createdAt: new Date().toISOString(),
      ...message,
    };
    this.messages.push(record);
    return record;
  }
}

function merged(params: ModelParams, changes: ModelParams | undefined): ModelParams {
  return Object.fromEntries(
    Object.entries({ ...params, ...changes }).filter(([, value]) => value !== null && value !== undefined),
  );
}
