import { hasSignature, appendSignature, signatureOf } from '../conversation/signatures.js';
import { type JsonObject, stringOf } from '../json.js';
import { type Reply } from '../server/reply.js';
import { anthropicErrors, refuse } from './errors.js';
import { isThought } from './neutral-block.js';
import { bindingSignature, isBindingSignature, type ThinkingBinding } from './thinking-binding.js';
import { type Turn } from './turns.js';

const DATA = 'redacted thinking';

/** The vendor's documented trigger for redacted thinking. */
const REDACTION_TEST =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

/** Whether a prompt asks for its thinking to be redacted. */
export function asksForRedaction(text: string): boolean {
  return text.includes(REDACTION_TEST);
}

/** A thinking block, signed together with its binding if the model binds thinking. */
export function thinkingBlock(thinking: string, binding?: ThinkingBinding): JsonObject {
  const signature = binding ? bindingSignature(thinking, binding) : signatureOf('thinking', thinking);
  return { type: 'thinking', thinking, signature };
}

/** Redacted thinking; `hash` makes it unique. */
export function redactedBlock(hash: string, binding?: ThinkingBinding): JsonObject {
  return {
    type: 'redacted_thinking',
    data: binding ? bindingSignature('', binding, hash) : appendSignature(DATA, hash),
  };
}

/** The refusal of the first thinking block in the turns. */
export function thinkingRefusal(turns: readonly Turn[]): Reply | undefined {
  for (const [index, { blocks }] of turns.entries()) {
    const at = blocks.findIndex(isThought);
    const isHidden = blocks[at]?.type === 'redacted_thinking';
    if (at >= 0) return anthropicErrors.invalidRequest(unknown(`messages.${index}.content.${at}`, isHidden));
  }
  return undefined;
}

function unknown(place: string, isHidden: boolean): string {
  return `${place}: Invalid ${isHidden ? '`data` in `redacted_thinking`' : '`signature` in `thinking`'} block`;
}

/** Refuses thinking that this sandbox did not make, or that was altered. */
export function checkThinking(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.thinking.cache_control: Extra inputs are not permitted`);
  if (typeof block.thinking !== 'string') refuse(`${place}.thinking.thinking: Field required`);
  if (typeof block.signature !== 'string') refuse(`${place}.thinking.signature: Field required`);
  const isKnown =
    block.signature === signatureOf('thinking', block.thinking) || isBindingSignature(block.signature, block.thinking);
  if (!isKnown) refuse(unknown(place, false));
}

/** Refuses redacted thinking that this sandbox did not make. */
export function checkRedacted(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.redacted_thinking.cache_control: Extra inputs are not permitted`);
  const data = stringOf(block.data);
  if (!hasSignature(DATA, data) && !isBindingSignature(data, '')) refuse(unknown(place, true));
}
