import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type ChatUsage, type ModelUsage, type UsageReport, usageReport } from '../../messages/usage-report.js';
import { type Period } from '../duo-chat-service.interface.js';
import { type KindTables } from './kind-tables.js';
import { type SqlClient } from './sql-client.js';
import { chatUsageStatement, ownerUsageStatement } from './usage.statements.js';

/** Reads from the ledger what chats and their owners have cost: one indexed statement each. */
export class UsageReading {
  private readonly ofChat;
  private readonly ofOwner;
  private readonly ofNobody;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly kind: string,
  ) {
    this.ofChat = chatUsageStatement(tables);
    this.ofOwner = ownerUsageStatement(tables, true);
    this.ofNobody = ownerUsageStatement(tables, false);
  }

  /** @throws ChatNotFoundError */
  async chat(chatId: string, ownerId: string | null): Promise<ChatUsage> {
    const rows = await this.client.rows<ModelUsage>(this.ofChat, [this.kind, chatId, ownerId]);
    if (rows.length === 0) throw new ChatNotFoundError(chatId);
    // A chat without attempts has one row without a model.
    return { chatId, ...usageReport(rows.filter(({ attempts }) => attempts > 0)) };
  }

  async owner(ownerId: string | null, { from, to }: Period): Promise<UsageReport> {
    const period = [this.kind, from ?? '-infinity', to ?? 'infinity'];
    const rows =
      ownerId === null
        ? await this.client.rows<ModelUsage>(this.ofNobody, period)
        : await this.client.rows<ModelUsage>(this.ofOwner, [...period, ownerId]);
    return usageReport(rows);
  }
}
