import { callText, type NeutralMessage, type Prompt } from '../conversation/prompt.js';
import { countInputTokens } from '../conversation/token-count.js';
import { isJsonObject, type JsonObject, objectsOf, stringOf } from '../json.js';
import { isThinking } from './parameter-rules.js';
import { type Turn } from './turns.js';

/** What a request asks, in neutral words. */
export function promptOf(body: JsonObject, turns: readonly Turn[]): Prompt {
  const said = turns.flatMap((turn) => turn.blocks.map((block) => neutralBlock(turn.role, block)));
  const messages: NeutralMessage[] = [{ role: 'system', text: textOf(body.system) }, ...said];
  return {
    messages,
    tools: objectsOf(body.tools).map((tool) => stringOf(tool.name)),
    toolChoice: toolChoiceOf(body.tool_choice),
    isThinking: isThinking(body),
    maxOutputTokens: Number(body.max_tokens),
    inputTokens: countInputTokens(messages, body.tools),
  };
}

function neutralBlock(role: Turn['role'], block: JsonObject): NeutralMessage {
  switch (block.type) {
    case 'tool_use':
      return { role, text: callText(stringOf(block.name), block.input) };
    case 'tool_result':
      return { role: 'tool', text: textOf(block.content) };
    case 'thinking':
      return { role, text: '' };
    default:
      return { role, text: textOf([block]) };
  }
}

/** The text of a string or of a list of blocks. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content).map(blockText).join('\n');
}

function blockText(block: JsonObject): string {
  if (block.type === 'image') return '[image]';
  return block.type === 'document' ? '[file]' : stringOf(block.text);
}

function toolChoiceOf(choice: unknown): Prompt['toolChoice'] {
  if (!isJsonObject(choice)) return 'auto';
  if (choice.type === 'tool') return { name: stringOf(choice.name) };
  return choice.type === 'any' ? 'required' : choice.type === 'none' ? 'none' : 'auto';
}
