import { type NeutralMessage, type Prompt } from '../conversation/prompt.js';
import { countInputTokens } from '../conversation/token-count.js';
import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, objectsOf, stringOf } from '../json.js';
import { anthropicCachePoints } from './cache-points.js';
import { neutralBlock, textOf } from './neutral-block.js';
import { askedSchema, outputSchema } from './output-format.js';
import { willThink } from './thinking-rules.js';
import { type Turn } from './turns.js';

/** The prompt of a request, in the neutral form. */
export function promptOf(body: JsonObject, turns: readonly Turn[], model: UpstreamModel): Prompt {
  const said = turns.flatMap((turn) => turn.blocks.map((block) => neutralBlock(turn.role, block)));
  const messages: NeutralMessage[] = [{ role: 'system', text: textOf(body.system) }, ...said];
  return {
    messages,
    tools: objectsOf(body.tools).map((tool) => ({ name: stringOf(tool.name), parameters: tool.input_schema })),
    toolChoice: toolChoiceOf(body.tool_choice),
    isThinking: willThink(body, model, turns.at(-1)?.blocks[0]?.type === 'tool_result'),
    maxOutputTokens: Number(body.max_tokens),
    inputTokens: countInputTokens(messages, body.tools),
    outputSchema: outputSchema(body.output_config) ?? askedSchema(textOf(body.system)),
    cachePoints: anthropicCachePoints(body, turns, model.id),
  };
}

function toolChoiceOf(choice: unknown): Prompt['toolChoice'] {
  if (!isJsonObject(choice)) return 'auto';
  if (choice.type === 'tool') return { name: stringOf(choice.name) };
  return choice.type === 'any' ? 'required' : choice.type === 'none' ? 'none' : 'auto';
}
