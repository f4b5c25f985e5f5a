import { type ChatBackend, bindChat } from '../conversation/chat-backend.js';
import { BaseChat } from '../conversation/base-chat.js';
import { type OwnerOption } from './duo-chat-service.interface.js';
import { type ChatKey } from './persisted-chat-backend.js';

/**
 * A persisted chat by its id, from `DuoChatService.ref()`. It loads nothing and has every verb of a chat; each one rejects
 * with a ChatNotFoundError when the owner has no such chat.
 * @publicApi
 */
export class ChatRef<M = unknown> extends BaseChat<M> {
  readonly id: string;
  /** Who asks; `null` for chats without an owner. */
  readonly ownerId: string | null;

  /** @internal */
  constructor(id: string, { ownerId = null }: OwnerOption, backend: ChatBackend<ChatKey, M>) {
    super();
    this.id = id;
    this.ownerId = ownerId;
    bindChat<ChatRef<M>, M>(this, backend);
  }
}
