import { newId } from '../messages/new-id.js';
import { type MessageRecord, type ModelMessage } from '../messages/message.interface.js';
import { type Part } from '../messages/part.interface.js';
import { textOf } from '../messages/text.js';
import { type RejectedPart } from '../runs/run-progress.interface.js';

/** The messages of one chat in memory. */
export class MemoryMessages {
  readonly all: MessageRecord[] = [];

  constructor(private readonly chatId: string) {}

  /** What is replayed to the model. */
  get history(): MessageRecord[] {
    return this.all.filter(({ supersededAt }) => supersededAt === undefined);
  }

  /** Adds a message at the end. */
  add(
    message: Pick<MessageRecord, 'role'> & { parts: Part[] } & Partial<MessageRecord>,
    prefixDigest: string | null = null,
  ): MessageRecord {
    const record: MessageRecord = {
      id: newId(),
      chatId: this.chatId,
      seq: this.all.length,
      status: 'complete',
      text: textOf(message.parts),
      model: null,
      finishReason: null,
      finishDetail: null,
      runId: null,
      createdAt: new Date().toISOString(),
      ...message,
    };
    this.all.push(asStored(record, prefixDigest));
    return record;
  }

  rejectParts(rejected: readonly RejectedPart[]): void {
    for (const { messageId, index, part } of rejected) {
      const parts = this.all.find(({ id }) => id === messageId)?.parts;
      if (parts) this.change(messageId, { parts: parts.with(index, part) });
    }
  }

  /** The message that has a client's own id, unless it is superseded. */
  withExternalId(externalId: string): MessageRecord | undefined {
    return this.history.find((message) => message.externalId === externalId);
  }

  /** Keeps messages that others replace out of the history. */
  supersede(ids: readonly string[]): void {
    const supersededAt = new Date().toISOString();
    for (const id of ids) this.change(id, { supersededAt });
  }

  private change(id: string, changes: Partial<MessageRecord>): void {
    const at = this.all.findIndex((message) => message.id === id);
    const message: (MessageRecord & ModelMessage) | undefined = this.all[at];
    if (message) this.all[at] = asStored({ ...message, ...changes }, message.prefixDigest);
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
