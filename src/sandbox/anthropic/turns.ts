import { isJsonObject, type JsonObject, listOf, stringOf } from '../json.js';
import { refuse } from './errors.js';

/** Adjacent messages of one role; the vendor merges them before it checks them. */
export interface Turn {
  role: 'user' | 'assistant';
  blocks: JsonObject[];
}

/** Reads the messages of a request; a string is one text block. Refuses anything that is not a message. */
export function readTurns(messages: unknown): Turn[] {
  if (!Array.isArray(messages)) refuse('messages: Field required');
  if (messages.length === 0) refuse('messages: at least one message is required');
  const turns: Turn[] = [];
  for (const [index, message] of listOf(messages).entries()) {
    const { role, blocks } = readMessage(message, index, index === messages.length - 1);
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  }
  return turns;
}

function readMessage(message: unknown, index: number, isLast: boolean): Turn {
  if (!isJsonObject(message)) refuse(`messages.${index}: Input should be a valid dictionary`);
  const { role, content } = message;
  if (role !== 'user' && role !== 'assistant') {
    refuse(
      `messages: Unexpected role "${stringOf(role)}". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`,
    );
  }
  if (content === undefined || content === null) refuse(`messages.${index}.content: Field required`);
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : (listOf(content) as JsonObject[]);
  const isEmpty = content === '' || blocks.length === 0;
  if (isEmpty && !(isLast && role === 'assistant')) {
    refuse(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  return { role, blocks };
}
