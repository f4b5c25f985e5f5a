import { ValidationError } from '../errors/request.errors.js';
import { isObject } from '../messages/is-object.js';

/** A person's word on a call, as a client sends it. */
export interface GivenDecision {
  id: string;
  approved: boolean;
  reason?: string;
}

/** What a client of AI SDK asks for: of all that it sends, no more than this is taken. */
export type UiRequest = { chatId: string } & (
  | { type: 'submit'; id: string | undefined; parts: unknown[]; isEdit: boolean }
  | { type: 'decide'; messageId: string; decisions: GivenDecision[] }
  | { type: 'regenerate'; messageId: string | undefined }
);

/** @throws ValidationError that says what is wrong */
export function uiRequest(body: unknown): UiRequest {
  const { id: chatId, messages, trigger = 'submit-message', messageId } = isObject(body) ? body : {};
  if (typeof chatId !== 'string' || chatId === '') throw new ValidationError('id must be the id of the chat.');
  const named = typeof messageId === 'string' ? messageId : undefined;
  if (trigger === 'regenerate-message') return { chatId, type: 'regenerate', messageId: named };
  if (trigger !== 'submit-message') {
    throw new ValidationError('trigger must be submit-message or regenerate-message.');
  }
  const sent = Array.isArray(messages) ? (messages as unknown[]).filter((message) => isObject(message)) : [];
  // The message that a decision belongs to may not be the last one.
  const message = sent.find(({ id, role }) => role === 'assistant' && id === named && named) ?? sent.at(-1);
  if (message === undefined) throw new ValidationError('messages must end with the message of the user.');
  const { id, role } = message;
  const parts = Array.isArray(message.parts) ? (message.parts as unknown[]) : [];
  if (role === 'user') {
    return { chatId, type: 'submit', id: typeof id === 'string' ? id : undefined, parts, isEdit: named !== undefined };
  }
  const decisions = role === 'assistant' && typeof id === 'string' ? parts.flatMap(decisionOf) : [];
  if (decisions.length > 0) return { chatId, type: 'decide', messageId: String(id), decisions };
  throw new ValidationError('The last message must be of the user, or have a decision on a tool call.');
}

function decisionOf(part: unknown): GivenDecision[] {
  if (!isObject(part) || part.state !== 'approval-responded' || !isObject(part.approval)) return [];
  const { id, approved, reason } = part.approval;
  if (typeof id !== 'string' || typeof approved !== 'boolean') return [];
  return [{ id, approved, ...(typeof reason === 'string' && { reason }) }];
}
