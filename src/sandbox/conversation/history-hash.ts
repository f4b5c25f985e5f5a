import { createHash } from 'node:crypto';

import { type NeutralMessage } from './prompt.js';

/** A message as the history hash sees it. */
export type NeutralPair = readonly [role: NeutralMessage['role'], text: string];

/**
 * Normalises a history to the form that is the same for all three vendor APIs:
 *
 * - all system text comes first, since Anthropic and Responses keep it outside the messages; `developer` is `system`;
 * - white space is collapsed to one space, and trimmed at both ends;
 * - a tool call is assistant text, `name {"its":"arguments"}`; a tool result is a message of role `tool`;
 * - an image counts as `[image]`, a document as `[file]`; reasoning does not count;
 * - messages without text are dropped, then adjacent messages of one role are joined by a space.
 */
export function normaliseHistory(messages: readonly NeutralMessage[]): NeutralPair[] {
  const pairs: [NeutralMessage['role'], string][] = [];
  for (const { role, text } of [...messages].sort(systemFirst)) {
    const line = toLine(text);
    const last = pairs.at(-1);
    if (line === '') continue;
    if (last?.[0] === role) last[1] += ` ${line}`;
    else pairs.push([role, line]);
  }
  return pairs;
}

/**
 * The hash that an answer of the sandbox quotes: the first 12 hex digits of the SHA-256 of the normalised history,
 * as a JSON list of `[role, text]` pairs. {@link normaliseHistory} lists the differences that do not change it.
 *
 * @example
 * historyHash([{ role: 'system', text: 'Be brief.' }, { role: 'user', text: 'Hello' }]);
 */
export function historyHash(messages: readonly NeutralMessage[]): string {
  return hashPairs(normaliseHistory(messages));
}

export function hashPairs(pairs: readonly NeutralPair[]): string {
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 12);
}

/** Collapses white space, so that the text is on one line, and trims it. */
export function toLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function systemFirst(left: NeutralMessage, right: NeutralMessage): number {
  return Number(right.role === 'system') - Number(left.role === 'system');
}
