import { createHash } from 'node:crypto';
import { seal } from '../conversation/signatures.js';
import { isJsonObject, type JsonObject, listOf, objectsOf, parseJson, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { isThought } from './neutral-block.js';
import { type Turn } from './turns.js';

const PURPOSE = 'bound thinking';

/** What thinking is bound to; see {@link bindingAfter}. */
export interface ThinkingBinding {
  /** Names `system`, the set of `tools`, and all that was said before but the thinking. */
  prefix: string;
  /** Names the thinking block before; empty where there is none. */
  previous: string;
}

/**
 * Reads a conversation as the models do that bind their thinking to what came before it (preserved thinking, "Keeping the
 * prefix unchanged"): marks for the cache do not count, neither does what is outside `system`, `tools` and `messages`, and
 * earlier thinking counts only as the one block before, so that the first blocks may go. Refuses thinking that was bound
 * to something else.
 * @param begun what the answer begins with, before its thinking
 * @returns what the next thinking is bound to
 */
export function bindingAfter(body: JsonObject, turns: readonly Turn[], begun: readonly JsonObject[]): ThinkingBinding {
  const hash = createHash('sha256');
  const add = (kind: string, content: unknown): void => {
    hash.update(`${kind}\0${JSON.stringify(content)}\n`);
  };
  const system = typeof body.system === 'string' ? [{ type: 'text', text: body.system }] : listOf(body.system);
  add('system', system.map(unmarked));
  add('tools', objectsOf(body.tools).map(unmarked).sort(byName));
  let previous = '';
  for (const [index, { role, blocks }] of turns.entries()) {
    for (const [at, block] of blocks.entries()) {
      if (!isThought(block)) {
        add(role, unmarked(block));
        continue;
      }
      const bound = bindingOf(block);
      const isValid = bound?.prefix === prefixOf(hash) && (previous === '' || bound.previous === previous);
      if (bound && !isValid) refuse(changed(`messages.${index}.content.${at}`));
      previous = nameOf(block);
    }
  }
  for (const block of begun) add('assistant', unmarked(block));
  return { prefix: prefixOf(hash), previous };
}

/** A signature by which thinking is known again, together with what it is bound to. */
export function boundSeal(thinking: string, binding: ThinkingBinding, id = ''): string {
  const carried = Buffer.from(JSON.stringify({ ...binding, id })).toString('base64url');
  return `${carried}.${seal(PURPOSE, `${thinking}\0${carried}`)}`;
}

/** Whether a signature is one of {@link boundSeal}, for this thinking. */
export function isBoundSeal(signature: string, thinking: string): boolean {
  const [carried = '', sealed] = signature.split('.');
  return sealed === seal(PURPOSE, `${thinking}\0${carried}`);
}

/** What a block is bound to; `undefined` where a model made it that binds nothing. */
function bindingOf({ signature, data }: JsonObject): ThinkingBinding | undefined {
  const [carried = '', sealed] = stringOf(signature ?? data).split('.');
  if (sealed === undefined) return undefined;
  const { prefix, previous } = parseJson(Buffer.from(carried, 'base64url').toString()) as JsonObject;
  return { prefix: stringOf(prefix), previous: stringOf(previous) };
}

function prefixOf(hash: ReturnType<typeof createHash>): string {
  return hash.copy().digest('base64url');
}

function nameOf({ signature, data }: JsonObject): string {
  return createHash('sha256')
    .update(stringOf(signature ?? data))
    .digest('base64url');
}

function unmarked(block: unknown): unknown {
  return isJsonObject(block) ? { ...block, cache_control: undefined } : block;
}

function byName(left: unknown, right: unknown): number {
  const [one, other] = [left, right].map((tool) => (isJsonObject(tool) ? stringOf(tool.name) : ''));
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

function changed(place: string): string {
  return (
    `${place}: Invalid \`signature\` in \`thinking\` block. The block is bound to a different conversation. Remove the block, ` +
    'or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block". That setting requires the ' +
    '`thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header.'
  );
}
