import { ToolCallDecidedError, ToolCallNotFoundError } from '../errors/chat.errors.js';
import { sanitizeText } from '../messages/text.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import { type DecisionOptions } from './ask-options.interface.js';

/** The approval or denial of a tool call. */
export interface ToolCallDecision {
  id: string;
  status: 'approved' | 'denied';
  by: string | null;
  reason: string | null;
}

/** A decision with what its maker says, ready to be stored. */
export function decision(
  id: string,
  status: ToolCallDecision['status'],
  { by, reason }: DecisionOptions,
): ToolCallDecision {
  return { id, status, by: storableOrNull(by), reason: storableOrNull(reason) };
}

/**
 * The result of a decision on a call that is no longer pending. Deciding the same way again is fine.
 * @throws ToolCallNotFoundError, ToolCallDecidedError
 */
export function decidedBefore(
  chatId: string,
  { id, status }: ToolCallDecision,
  call: ToolCallRecord | undefined,
): ToolCallRecord {
  if (call === undefined) throw new ToolCallNotFoundError(chatId, id);
  if (call.decidedAt === null) {
    throw new ToolCallDecidedError(
      `Tool call ${id} is not waiting for approval. Decide on those of pendingApprovals().`,
    );
  }
  const before = call.status === 'denied' ? 'denied' : 'approved';
  if (before === status) return call;
  const by = call.decidedBy === null ? '' : ` by ${call.decidedBy}`;
  throw new ToolCallDecidedError(`Tool call ${id} was ${before}${by} at ${call.decidedAt}, and that stands.`);
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : sanitizeText(text);
}
