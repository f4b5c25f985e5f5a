import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ReasoningPart } from '../../../src/messages/part.interface.js';
import { redactedBlock, thinkingBlock } from '../../../src/sandbox/anthropic/thinking-blocks.js';
import { reasoningItem } from '../../../src/sandbox/openai-responses/reasoning.js';
import { reasoning } from './conversation.js';

/** What Claude thought, as the sandbox takes it back. */
export function signed(): ReasoningPart {
  return reasoning('anthropic-messages', thinkingBlock('Hm.') as JsonObject);
}

/** The same, redacted; `name` makes it one of a kind. */
export function redacted(name: string): ReasoningPart {
  return { ...reasoning('anthropic-messages', redactedBlock(name) as JsonObject), text: '' };
}

/** What GPT thought, as the sandbox takes it back; `name` makes it one of a kind, as the vendor's ids are. */
export function encrypted(name: string): ReasoningPart {
  const style = { isStored: false, isEncryptedIncluded: true, isSummarised: true };
  return reasoning('openai-responses', reasoningItem(name, 'Hm.', style) as JsonObject);
}
