import { type FinishReason, type MessageStatus, type ModelMessage, type Role } from './message.interface.js';
import { type Part } from './part.interface.js';

/**
 * A message that does not change any more, its parts included: what was rendered from it may be reused for as long as the
 * object exists.
 */
export class ImmutableMessage implements ModelMessage {
  constructor(
    readonly id: string,
    readonly seq: number,
    readonly role: Role,
    readonly status: MessageStatus,
    private content: string | readonly Part[],
    readonly finishReason: FinishReason | null = null,
    readonly prefixDigest: string | null = null,
  ) {}

  /** Parsed from JSON when they are first read, which may never be. */
  get parts(): readonly Part[] {
    if (typeof this.content === 'string') this.content = JSON.parse(this.content) as Part[];
    return this.content;
  }
}
