import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type KindTables } from './kind-tables.js';
import { type SqlClient, statement } from './sql-client.js';

/** Reads which model a chat talks to. */
export class ModelReading {
  private readonly select;

  constructor(
    private readonly client: SqlClient,
    { chats, chat, isChatOf }: KindTables,
  ) {
    this.select = statement(`SELECT t.${chat('model')} AS model FROM ${chats} t WHERE ${isChatOf('t', '$1', '$2')}`);
  }

  /** @throws ChatNotFoundError */
  async read(chatId: string, ownerId: string | null): Promise<string> {
    const [row] = await this.client.rows<{ model: string }>(this.select, [chatId, ownerId]);
    if (row === undefined) throw new ChatNotFoundError(chatId);
    return row.model;
  }
}
