import { isMarked, mark, seal } from '../conversation/seal.js';
import { type JsonObject, stringOf } from '../json.js';
import { type Reply } from '../server/reply.js';
import { anthropicErrors, refuse } from './errors.js';
import { type Turn } from './turns.js';

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
  if (block.signature !== seal('thinking', block.thinking)) {
    refuse(unknown(place, false));
  }
}

/** The same for redacted thinking. */
export function checkRedacted(block: JsonObject, place: string): void {
  if (block.cache_control != null) refuse(`${place}.redacted_thinking.cache_control: Extra inputs are not permitted`);
  if (!isMarked(DATA, stringOf(block.data))) refuse(unknown(place, true));
}
