import { createHash } from 'node:crypto';
import { signatureOf } from '../conversation/signatures.js';
import { isJsonObject, type JsonObject, listOf, objectsOf, parseJson, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { isThought } from './neutral-block.js';
import { type Turn } from './turns.js';

const PURPOSE = 'bound thinking';

/** What thinking is bound to; see {@link bindingAfter}. */
export interface ThinkingBinding {
  /** A hash of `system`, of the set of `tools`, and of all earlier content except thinking. */
  prefix: string;
  /** A hash of the previous thinking block; empty for the first one. */
  previous: string;
}

/**
 * Computes the binding as the models do that bind their thinking to what came before it (preserved thinking, "Keeping
 * the prefix unchanged"). Cache marks do not count, nor does anything outside `system`, `tools` and `messages`. Of
 * earlier thinking only the previous block counts, so that a client may drop the first blocks. Refuses thinking that is
 * bound to something else.
 * @param begun the blocks that the answer begins with, before its thinking
 * @returns the binding of the next thinking
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

/** Signs thinking together with its binding. */
export function bindingSignature(thinking: string, binding: ThinkingBinding, id = ''): string {
  const carried = Buffer.from(JSON.stringify({ ...binding, id })).toString('base64url');
  return `${carried}.${signatureOf(PURPOSE, `${thinking}\0${carried}`)}`;
}

/** Whether {@link bindingSignature} made a signature, for this thinking. */
export function isBindingSignature(signature: string, thinking: string): boolean {
  const [carried = '', signed] = signature.split('.');
  return signed === signatureOf(PURPOSE, `${thinking}\0${carried}`);
}

/** The binding of a block; `undefined` for one of a model that does not bind thinking. */
function bindingOf({ signature, data }: JsonObject): ThinkingBinding | undefined {
  const [carried = '', signed] = stringOf(signature ?? data).split('.');
  if (signed === undefined) return undefined;
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
