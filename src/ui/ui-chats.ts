import { validate as isUuid } from 'uuid';
import { type ChatRef } from '../chats/chat-ref.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { ChatNotFoundError } from '../errors/chat.errors.js';
import { type RunRecord } from '../runs/run-record.interface.js';
import { type StoredMessage, type Transcript } from './ui-messages.js';

export type UiChat = ChatRef<DuoMessage>;

const MESSAGES_A_QUERY = 1_000;
const RUNS_A_QUERY = 100;

/** Finds chats as clients name them: by our id, or by one of the client's own. */
export class UiChats {
  constructor(private readonly chats: DuoChatService) {}

  /** The chat, unless the owner has none with this id. */
  async find(id: string, ownerId: string | null): Promise<UiChat | undefined> {
    const owner = { ownerId };
    const chat = (await this.byOurId(id, ownerId)) ?? (await this.chats.findExternal(id, owner));
    return chat && this.chats.ref(chat.id, owner);
  }

  /** The chat, which its first message makes. */
  async findOrCreate(id: string, ownerId: string | null): Promise<UiChat> {
    const owner = { ownerId };
    const known = await this.byOurId(id, ownerId);
    const { chat } = known ? { chat: known } : await this.chats.findOrCreate({ externalId: id, ...owner });
    return this.chats.ref(chat.id, owner);
  }

  /** The messages of a chat, those that were replaced included. */
  async messages({ id, ownerId }: UiChat): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    for (let after: string | null = '-1'; after !== null;) {
      const page = await this.chats.messages(id, {
        ownerId,
        after: Number(after),
        limit: MESSAGES_A_QUERY,
        include: 'superseded',
      });
      messages.push(...page.items);
      after = page.nextCursor;
    }
    return messages;
  }

  async transcript(chat: UiChat): Promise<Transcript> {
    const { id, ownerId } = chat;
    // The runs first: what one that still works then says is left out, whatever it has stored meanwhile.
    const runs = await this.runs(chat);
    const messages = await this.messages(chat);
    return { messages, runs, calls: await this.chats.toolCalls(id, { ownerId }) };
  }

  private async runs(chat: UiChat): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await chat.runs({ limit: RUNS_A_QUERY, ...(cursor !== undefined && { cursor }) });
      runs.push(...page.items);
      cursor = page.nextCursor;
    }
    return runs;
  }

  private async byOurId(id: string, ownerId: string | null) {
    if (!isUuid(id)) return undefined;
    try {
      return await this.chats.find(id.toLowerCase(), { ownerId });
    } catch (error) {
      if (error instanceof ChatNotFoundError) return undefined;
      throw error;
    }
  }
}
