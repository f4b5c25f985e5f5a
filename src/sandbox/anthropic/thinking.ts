import { isMarked, mark, seal } from '../conversation/signatures.js';
import { type JsonObject, stringOf } from '../json.js';
import { type Reply } from '../server/reply.js';
import { anthropicErrors, refuse } from './errors.js';
import { isThought } from './neutral-block.js';
import { boundSeal, isBoundSeal, type ThinkingBinding } from './thinking-binding.js';
import { type Turn } from './turns.js';

const DATA = 'redacted thinking';

/** What the vendor lets its users say in order to get redacted thinking. */
const REDACTION_TEST =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

/** Whether a prompt asks for its thinking to be redacted. */
export function asksForRedaction(text: string): boolean {
  return text.includes(REDACTION_TEST);
}

/** Thinking with the signature by which it is known again, and to what it is bound, where the model binds it. */
export function thinkingBlock(thinking: string, binding?: ThinkingBinding): JsonObject {
  const signature = binding ? boundSeal(thinking, binding) : seal('thinking', thinking);
  return { type: 'thinking', thinking, signature };
}

/** Thinking that cannot be read; `hash` makes it one of a kind. */
export function redactedBlock(hash: string, binding?: ThinkingBinding): JsonObject {
  return { type: 'redacted_thinking', data: binding ? boundSeal('', binding, hash) : mark(DATA, hash) };
}

/** How the first thinking in the turns is refused. */
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
  const isKnown = block.signature === seal('thinking', block.thinking) || isBoundSeal(block.signature, block.thinking);
  if (!isKnown) refuse(unknown(place, false));
}

/** The same for redacted thinking. */
export function checkRedacted(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.redacted_thinking.cache_control: Extra inputs are not permitted`);
  const data = stringOf(block.data);
  if (!isMarked(DATA, data) && !isBoundSeal(data, '')) refuse(unknown(place, true));
}
