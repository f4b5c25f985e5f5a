import { type JsonObject } from '../../messages/json.interface.js';

export const ephemeral: JsonObject = { type: 'ephemeral' };

const reasoning = new Set<unknown>(['thinking', 'redacted_thinking']);

/**
 * Marks the ends of the last two messages for the prompt cache: this request reads what the one before it wrote. With
 * the mark on the instructions that makes three of the four that the API allows.
 */
export function markLastMessages(messages: readonly { content: JsonObject[] }[]): void {
  for (const { content } of messages.slice(-2)) {
    const last = content.findLast((block) => !reasoning.has(block.type));
    if (last) last.cache_control = ephemeral;
  }
}
