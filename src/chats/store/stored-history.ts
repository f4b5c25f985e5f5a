import { ImmutableMessage } from '../../messages/immutable-message.js';
import { type HistoryHeader, type MessageRow } from './history.statements.js';

/** What a message takes besides its content. */
const MESSAGE_BYTES = 400;
/** What a character takes: as it is, and in the request that is made of it. */
const CHARACTER_BYTES = 4;

/** The messages of a chat as one snapshot of the database had them. It never changes. */
export class StoredHistory {
  static readonly unknown = new StoredHistory([], null, 0);

  private constructor(
    readonly messages: readonly ImmutableMessage[],
    /** As the database put it; see `HistoryHeader`. */
    readonly version: string | null,
    /** About what it takes in memory, at most, together with the request that is made of it. */
    readonly bytes: number,
  ) {}

  /** `-1` where there are no messages. */
  get lastSeq(): number {
    return this.messages.at(-1)?.seq ?? -1;
  }

  /** The history that the database tells of, to somebody who knew this one. */
  renewed({ after, version }: HistoryHeader<unknown>, rows: readonly MessageRow[]): StoredHistory {
    const isKnown = after === this.lastSeq;
    if (isKnown && rows.length === 0) return this;
    const messages = isKnown ? [...this.messages] : [];
    let bytes = isKnown ? this.bytes : 0;
    for (const [seq, id, role, status, parts, finishReason, prefixDigest] of rows) {
      messages.push(new ImmutableMessage(id, seq, role, status, parts, finishReason, prefixDigest));
      bytes += MESSAGE_BYTES + CHARACTER_BYTES * parts.length;
    }
    return new StoredHistory(messages, version, bytes);
  }

  /** The messages up to a sequence number. */
  upTo(seq: number): readonly ImmutableMessage[] {
    return this.lastSeq <= seq ? this.messages : this.messages.filter((message) => message.seq <= seq);
  }
}
