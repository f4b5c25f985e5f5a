import { callText, type NeutralMessage, type Prompt } from '../conversation/prompt.js';
import { countInputTokens } from '../conversation/token-count.js';
import { isJsonObject, type JsonObject, objectsOf, parseJson, stringOf } from '../json.js';
import { contentTexts, isEffort, limitOf, toolChoiceOf } from '../openai/prompt-parts.js';
import { toolName } from './parameter-rules.js';

/** What a request asks, in neutral words. */
export function promptOf(body: JsonObject, said: readonly JsonObject[]): Prompt {
  const messages = said.flatMap(neutralMessages);
  return {
    messages,
    tools: objectsOf(body.tools).map(toolName),
    toolChoice: toolChoiceOf(body.tool_choice, toolName),
    isThinking: isEffort(body.reasoning_effort),
    maxOutputTokens: limitOf(body.max_completion_tokens),
    inputTokens: countInputTokens(messages, body.tools),
  };
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
