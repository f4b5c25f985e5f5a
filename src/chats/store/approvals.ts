import { validate as isUuid } from 'uuid';
import { decidedBefore, type ToolCallDecision } from '../../conversation/tool-call-decision.js';
import { ChatNotFoundError } from '../../errors/chat.errors.js';
import { type MessageRecord } from '../../messages/message.interface.js';
import { type ToolCallRecord } from '../../messages/tool-call.interface.js';
import { callsOf } from '../../runs/run-request.js';
import { type KindTables } from './kind-tables.js';
import { type SqlClient } from './sql-client.js';
import {
  callStatement,
  decideStatement,
  lastMessageStatement,
  pendingCallsStatement,
  type ToolCallRow,
} from './tool-call.statements.js';

type LastMessage = Pick<MessageRecord, 'role' | 'status' | 'finishReason' | 'parts'>;

/** Reads where chats stand, and what waits for somebody's decision; of two who decide, one wins. */
export class Approvals {
  private readonly last;
  private readonly pendingCalls;
  private readonly call;
  private readonly decision;

  constructor(
    private readonly client: SqlClient,
    tables: KindTables,
    private readonly kind: string,
  ) {
    this.last = lastMessageStatement(tables);
    this.pendingCalls = pendingCallsStatement(tables);
    this.call = callStatement(tables);
    this.decision = decideStatement(tables);
  }

  /** @throws ChatNotFoundError */
  async lastMessage(chatId: string, ownerId: string | null): Promise<LastMessage | undefined> {
    const [row] = await this.client.rows<LastMessage | Record<keyof LastMessage, null>>(this.last, [chatId, ownerId]);
    if (row === undefined) throw new ChatNotFoundError(chatId);
    return row.role === null ? undefined : row;
  }

  /** @throws ChatNotFoundError */
  async pending(chatId: string, ownerId: string | null): Promise<ToolCallRecord[]> {
    const rows = await this.client.rows<ToolCallRow>(this.pendingCalls, [this.kind, chatId, ownerId]);
    if (rows.length === 0) await this.lastMessage(chatId, ownerId);
    return rows.map(toolCallRecord);
  }

  /** @throws ChatNotFoundError, ToolCallNotFoundError, ToolCallDecidedError */
  async decide(chatId: string, ownerId: string | null, decision: ToolCallDecision): Promise<ToolCallRecord> {
    const { id, status, by, reason } = decision;
    const key = [this.kind, chatId, ownerId, id];
    const [decided] = isUuid(id)
      ? await this.client.rows<ToolCallRow>(this.decision, [...key, status, by, reason])
      : [];
    if (decided) return toolCallRecord(decided);
    const [found] = isUuid(id) ? await this.client.rows<ToolCallRow>(this.call, key) : [];
    if (found === undefined) await this.lastMessage(chatId, ownerId);
    return decidedBefore(chatId, decision, found && toolCallRecord(found));
  }
}

function toolCallRecord({ parts, ordinal, decidedAt, ...call }: ToolCallRow): ToolCallRecord {
  const { id, providerCallId, name, status, decidedBy, reason } = call;
  return {
    id,
    providerCallId,
    name,
    arguments: callsOf({ parts })[ordinal]?.arguments ?? {},
    status,
    decidedBy,
    decidedAt: decidedAt?.toISOString() ?? null,
    reason,
  };
}
