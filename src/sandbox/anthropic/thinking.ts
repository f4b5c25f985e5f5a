import { isMarked, mark, seal } from '../conversation/seal.js';
import { type JsonObject, stringOf } from '../json.js';
import { refuse } from './errors.js';

const DATA = 'redacted thinking';

/** What the vendor lets its users say in order to get redacted thinking. */
const REDACTION_TEST =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

/** Whether a block is what a model thought. */
export function isThought(block: JsonObject | undefined): boolean {
  return block?.type === 'thinking' || block?.type === 'redacted_thinking';
}

/** Whether a prompt asks for its thinking to be redacted. */
export function asksForRedaction(text: string): boolean {
  return text.includes(REDACTION_TEST);
}

/** Thinking with the signature by which it is known again. */
export function thinkingBlock(thinking: string): JsonObject {
  return { type: 'thinking', thinking, signature: seal('thinking', thinking) };
}

/** Thinking that nobody can read; `hash` makes it one of a kind. */
export function redactedBlock(hash: string): JsonObject {
  return { type: 'redacted_thinking', data: mark(DATA, hash) };
}

/** Refuses thinking that this sandbox did not make, or that was altered. */
export function checkThinking(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.thinking.cache_control: Extra inputs are not permitted`);
  if (typeof block.thinking !== 'string') refuse(`${place}.thinking.thinking: Field required`);
  if (typeof block.signature !== 'string') refuse(`${place}.thinking.signature: Field required`);
  if (block.signature !== seal('thinking', block.thinking)) {
    refuse(`${place}: Invalid \`signature\` in \`thinking\` block`);
  }
}

/** The same for redacted thinking. */
export function checkRedacted(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.redacted_thinking.cache_control: Extra inputs are not permitted`);
  if (!isMarked(DATA, stringOf(block.data))) refuse(`${place}: Invalid \`data\` in \`redacted_thinking\` block`);
}
