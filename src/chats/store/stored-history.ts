import { ImmutableMessage } from '../../messages/immutable-message.js';
import { type FinishReason, type MessageStatus, type Role } from '../../messages/message.interface.js';

/** A message as a statement returns it; `parts` is JSON. */
export type MessageRow = [
  seq: number,
  id: string,
  role: Role,
  status: MessageStatus,
  parts: string,
  finishReason: FinishReason | null,
  prefixDigest: string | null,
];

/** What comes before the messages. */
export interface HistoryHeader<Done> {
  done: Done;
  /** The rows hold the messages after this one: the last known one, or `-1` where what is known is out of date. */
  after: number;
  /** Identifies the exact rows that the history consists of; `null` for none. */
  version: string | null;
}

/** What a message takes in memory, apart from its content. */
const MESSAGE_BYTES = 400;
/** What a character takes in memory: in the message and in the request that it is rendered to. */
const CHARACTER_BYTES = 4;

/** The messages of a chat as one snapshot of the database had them. It never changes. */
export class StoredHistory {
  static readonly unknown = new StoredHistory([], null, 0);

  private constructor(
    readonly messages: readonly ImmutableMessage[],
    /** See `HistoryHeader`. */
    readonly version: string | null,
    /** An upper estimate of what it takes in memory, together with the request that it is rendered to. */
    readonly bytes: number,
  ) {}

  /** `-1` where there are no messages. */
  get lastSeq(): number {
    return this.messages.at(-1)?.seq ?? -1;
  }

  /** The current history, from the rows that the database returned to a reader of this one. */
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
