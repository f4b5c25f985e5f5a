import { MessageNotFoundError, NoUserMessageError, WrongMessageRoleError } from '../errors/message.errors.js';
import { newId } from '../messages/new-id.js';
import { type MessageRecord, type ModelMessage } from '../messages/message.interface.js';
import { type Part } from '../messages/part.interface.js';
import { textOf } from '../messages/text.js';
import { type Revision } from '../runs/revision.interface.js';
import { type RejectedPart } from '../runs/run-progress.interface.js';

/** The messages of one chat in memory. */
export class MemoryMessages {
  readonly all: MessageRecord[] = [];
  /** The runs that superseded messages, by the ids of these. */
  private readonly superseders = new Map<string, string | null>();

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

  /** The message with an id, ours or a client's own, unless it is superseded. */
  find(messageId: string): MessageRecord | undefined {
    return this.history.findLast(({ id, externalId }) => id === messageId || externalId === messageId);
  }

  /** What a run said, except what it has replaced itself. */
  saidBy(runId: string): MessageRecord[] {
    return this.all.filter(
      ({ id, role, ...message }) =>
        message.runId === runId && (role === 'assistant' || role === 'tool') && this.superseders.get(id) !== runId,
    );
  }

  /**
   * The ids of what a run with a revision supersedes: everything from a message on, except instructions.
   * @throws MessageNotFoundError, WrongMessageRoleError, NoUserMessageError
   */
  takenBack({ type, messageId }: Revision): string[] {
    const { history } = this;
    const target = messageId === null ? history.findLast(({ role }) => role === 'user') : this.find(messageId);
    if (messageId === null && target === undefined) throw new NoUserMessageError(this.chatId);
    if (target === undefined) throw new MessageNotFoundError(this.chatId, messageId ?? '');
    const answered = history.findLast(({ role, seq }) => role === 'user' && seq <= target.seq);
    const isFit = type === 'edit' ? target.role === 'user' : target.role !== 'system';
    if (answered === undefined || !isFit) throw new WrongMessageRoleError(target.id, type);
    const from = type === 'edit' ? target.seq : answered.seq + 1;
    return history.filter(({ seq, role }) => seq >= from && role !== 'system').map(({ id }) => id);
  }

  /**
   * Keeps messages out of the history.
   * @param runId of the run that replaces them; `null` where none does
   */
  supersede(ids: readonly string[], runId: string | null): void {
    const supersededAt = new Date().toISOString();
    for (const id of ids) {
      this.change(id, { supersededAt });
      this.superseders.set(id, runId);
    }
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
