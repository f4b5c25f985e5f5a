import { callText, type NeutralMessage, type Prompt } from '../conversation/prompt.js';
import { countInputTokens } from '../conversation/token-count.js';
import { isJsonObject, type JsonObject, objectsOf, parseJson, stringOf } from '../json.js';
import { openaiCachePoints } from '../openai/cache-points.js';
import { checkJsonWord, outputSchema } from '../openai/output-format.js';
import { contentTexts, isEffort, limitOf, toolChoiceOf } from '../openai/prompt-parts.js';
import { toolName } from './parameter-rules.js';

/** The prompt of a request, in the neutral form. */
export function promptOf(body: JsonObject, said: readonly JsonObject[], model: string): Prompt {
  const messages = said.flatMap(neutralMessages);
  return {
    messages,
    tools: objectsOf(body.tools).map((tool) => ({
      name: toolName(tool),
      parameters: isJsonObject(tool.function) ? tool.function.parameters : undefined,
    })),
    toolChoice: toolChoiceOf(body.tool_choice, toolName),
    isThinking: isEffort(body.reasoning_effort),
    maxOutputTokens: limitOf(body.max_completion_tokens),
    inputTokens: countInputTokens(messages, body.tools),
    outputSchema: formatOf(body),
    cachePoints: openaiCachePoints(model, body.tools, messages),
  };
}

function formatOf(body: JsonObject): JsonObject | undefined {
  const param = 'response_format';
  const { type, json_schema: holder } = isJsonObject(body[param]) ? body[param] : {};
  const advice =
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
  checkJsonWord(type, body.messages, advice, 'messages');
  return outputSchema({ type, holder, param });
}

function neutralMessages(message: JsonObject): NeutralMessage[] {
  const role = message.role === 'developer' ? 'system' : (message.role as NeutralMessage['role']);
  const texts = contentTexts(message.content);
  if (role === 'tool') return [{ role, text: texts.join('\n') }];
  const calls = objectsOf(message.tool_calls).map((call) => {
    const target = isJsonObject(call.function) ? call.function : {};
    return callText(stringOf(target.name), parseJson(stringOf(target.arguments)));
  });
  return [...texts, ...calls].map((text) => ({ role, text }));
}
