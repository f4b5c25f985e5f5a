import { type UpstreamModel } from '../gateway/upstream-model.js';
import { type Vendor, type VendorRequest } from '../gateway/vendor.interface.js';
import { type Prompt } from '../conversation/prompt.js';
import { isJsonObject, type JsonObject, listOf, stringOf } from '../json.js';
import { checkBlock, checkCacheMarks } from './block-rules.js';
import { anthropicErrors, refuse } from './errors.js';
import { checkFiles } from './file-rules.js';
import { streamMessage } from './message-stream.js';
import { type MessageStyle, renderMessage } from './message.js';
import { anthropicQuirks } from './quirks.js';
import { checkParameters } from './parameter-rules.js';
import { promptOf } from './prompt-of.js';
import { pausedCall, serverResult } from './server-tools.js';
import { grammarRefusal } from './schema-rules.js';
import { checkTools } from './tool-rules.js';
import { asksForRedaction, thinkingRefusal } from './thinking-blocks.js';
import { bindingAfter } from './thinking-binding.js';
import { isThinkingShown } from './thinking-rules.js';
import { checkTurns } from './turn-rules.js';
import { readTurns } from './turns.js';

/** Anthropic Messages. */
export const anthropicMessages: Vendor = {
  api: 'anthropic-messages',
  path: 'anthropic/v1/messages',
  queries: ['?beta=true'],
  requiredHeaders: ['anthropic-version'],
  errors: anthropicErrors,
  quirks: anthropicQuirks,
  read,
};

function read(body: JsonObject, model: UpstreamModel): VendorRequest {
  checkParameters(body, model);
  checkTools(body);
  const turns = readTurns(body.messages);
  checkTurns(turns, model, body);
  checkFiles(turns, model);
  checkSystem(body.system);
  checkCacheMarks([...listOf(body.system), ...listOf(body.tools), ...turns.flatMap((turn) => turn.blocks)]);
  const prompt = promptOf(body, turns, model);
  const paused = pausedCall(turns);
  const begun = paused === undefined ? [] : [serverResult(paused)];
  const binding = model.hasBoundThinking ? bindingAfter(body, turns, begun) : undefined;
  const style = { ...styleOf(body, model, prompt), binding, begun };
  return {
    prompt,
    isStream: body.stream === true,
    reasoningRefusal: thinkingRefusal(turns),
    schemaRefusal: grammarRefusal(body),
    renderJson: (answer) => renderMessage(answer, style),
    renderStream: (answer, words) => streamMessage(answer, style, words),
  };
}

function checkSystem(system: unknown): void {
  if (system === undefined || typeof system === 'string') return;
  if (!Array.isArray(system)) refuse('system: Input should be a valid string or list');
  for (const [index, block] of listOf(system).entries()) {
    if (isJsonObject(block) && block.type === 'text' && stringOf(block.text) === '') {
      refuse('system: text content blocks must be non-empty');
    }
    checkBlock(block, 'user', `system.${index}`);
  }
}

function styleOf(
  body: JsonObject,
  model: UpstreamModel,
  { messages }: Prompt,
): Omit<MessageStyle, 'binding' | 'begun'> {
  return {
    model: model.id,
    isThinkingShown: isThinkingShown(body, model),
    isThinkingRedacted: asksForRedaction(messages.findLast(({ role }) => role === 'user')?.text ?? ''),
  };
}
