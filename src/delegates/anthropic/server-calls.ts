import { type JsonObject } from '../../messages/json.interface.js';
import { type AssistantPart, type TranscriptMessage } from '../transcript.js';

/**
 * Leaves out the calls of the vendor's own tools that will never have a result, since the user has spoken after their turn was
 * paused, and results without a call: the vendor refuses either. The calls of a turn that is still open stay.
 */
export function withoutOpenServerCalls(
  messages: readonly TranscriptMessage[],
  isLast: boolean,
): readonly TranscriptMessage[] {
  const blocks = messages.flatMap(blocksOf);
  if (blocks.length === 0) return messages;
  const calls = new Set(blocks.filter(isCall).map(({ id }) => id));
  const answered = new Set(blocks.map((block) => block.tool_use_id));
  const openFrom = isLast ? messages.findLastIndex(({ role }) => role === 'user') + 1 : messages.length;
  const isKept = (block: JsonObject, index: number): boolean =>
    isCall(block)
      ? answered.has(block.id) || index >= openFrom
      : block.tool_use_id === undefined || calls.has(block.tool_use_id);

  return messages.flatMap((message, index): TranscriptMessage[] => {
    if (message.role !== 'assistant') return [message];
    const parts = message.parts.filter((part) => part.type !== 'vendor' || isKept(part.raw, index));
    while (parts.at(-1)?.type === 'reasoning') parts.pop();
    return parts.length > 0 ? [{ ...message, parts }] : [];
  });
}

function blocksOf(message: TranscriptMessage): JsonObject[] {
  const parts: readonly AssistantPart[] = message.role === 'assistant' ? message.parts : [];
  return parts.flatMap((part) => (part.type === 'vendor' ? [part.raw] : []));
}

/** `server_tool_use`, `mcp_tool_use` and their like. */
function isCall({ type, id }: JsonObject): boolean {
  return typeof type === 'string' && type.endsWith('_tool_use') && typeof id === 'string';
}
