import { type Role } from './message.interface.js';

/** As much of a message as tells what it belongs to. */
export interface PlacedMessage {
  id: string;
  role: Role;
}

/**
 * The ids of a message and of what cannot stand without it: calls of tools and their results go together. A result belongs to
 * the last message of the assistant before it.
 * @param history in order
 */
export function toolRound(history: readonly PlacedMessage[], { id, role }: PlacedMessage): string[] {
  if (role === 'user' || role === 'system') return [id];
  const at = history.findIndex((message) => message.id === id);
  const start = role === 'tool' ? history.slice(0, at).findLastIndex((message) => message.role === 'assistant') : at;
  const next = history.findIndex((message, index) => index > at && message.role === 'assistant');
  const round = history.slice(start === -1 ? at : start, next === -1 ? undefined : next);
  return round
    .filter((message) => message.role === 'assistant' || message.role === 'tool')
    .map((message) => message.id);
}
