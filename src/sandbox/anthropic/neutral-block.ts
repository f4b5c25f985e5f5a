import { callText, type NeutralMessage } from '../conversation/prompt.js';
import { type JsonObject, objectsOf, stringOf } from '../json.js';
import { type Turn } from './turns.js';

/** Whether a block is thinking. */
export function isThought(block: JsonObject | undefined): boolean {
  return block?.type === 'thinking' || block?.type === 'redacted_thinking';
}

/** A content block in the neutral form that all vendors share. */
export function neutralBlock(role: Turn['role'], block: JsonObject): NeutralMessage {
  switch (block.type) {
    case 'tool_use':
      return { role, text: callText(stringOf(block.name), block.input) };
    case 'tool_result':
      return { role: 'tool', text: textOf(block.content) };
    case 'thinking':
    case 'redacted_thinking':
    case 'server_tool_use':
    case 'web_search_tool_result':
      return { role, text: '' };
    default:
      return { role, text: textOf([block]) };
  }
}

/** The text of a string or of a list of blocks. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content).map(blockText).join('\n');
}

function blockText(block: JsonObject): string {
  if (block.type === 'image') return '[image]';
  return block.type === 'document' ? '[file]' : stringOf(block.text);
}
