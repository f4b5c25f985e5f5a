import { callText, type NeutralMessage, type Prompt } from '../conversation/prompt.js';
import { countInputTokens } from '../conversation/token-count.js';
import { isJsonObject, type JsonObject, objectsOf, parseJson, stringOf } from '../json.js';
import { openaiCachePoints } from '../openai/cache-points.js';
import { checkJsonWord, outputSchema } from '../openai/output-format.js';
import { contentTexts, isEffort, limitOf, toolChoiceOf } from '../openai/prompt-parts.js';

/** The prompt of a request, in the neutral form. */
export function promptOf(body: JsonObject, items: readonly JsonObject[], model: string): Prompt {
  const instructions: NeutralMessage = { role: 'system', text: stringOf(body.instructions) };
  const messages = [instructions, ...items.flatMap(neutralMessages)];
  return {
    messages,
    tools: objectsOf(body.tools).map(({ name, parameters }) => ({ name: stringOf(name), parameters })),
    toolChoice: toolChoiceOf(body.tool_choice, (choice) => choice.name),
    isThinking: isJsonObject(body.reasoning) && isEffort(body.reasoning.effort),
    maxOutputTokens: limitOf(body.max_output_tokens),
    inputTokens: countInputTokens(messages, body.tools),
    outputSchema: formatOf(body),
    cachePoints: openaiCachePoints(model, body.tools, messages),
  };
}

function formatOf(body: JsonObject): JsonObject | undefined {
  const format = isJsonObject(body.text) && isJsonObject(body.text.format) ? body.text.format : {};
  const advice =
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
  checkJsonWord(format.type, body.input, advice, 'input');
  return outputSchema({ type: format.type, holder: format, param: 'text.format' });
}

function neutralMessages(item: JsonObject): NeutralMessage[] {
  switch (item.type) {
    case 'function_call':
      return [{ role: 'assistant', text: callText(stringOf(item.name), parseJson(stringOf(item.arguments))) }];
    case 'function_call_output':
      return [{ role: 'tool', text: contentTexts(item.output).join('\n') }];
    case 'reasoning':
      return [];
    default: {
      const role = item.role === 'developer' ? 'system' : (item.role as NeutralMessage['role']);
      return contentTexts(item.content).map((text) => ({ role, text }));
    }
  }
}
