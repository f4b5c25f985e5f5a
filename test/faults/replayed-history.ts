import { historyHash, type NeutralMessage } from '../../src/sandbox/index.js';
import { type Part } from '../../src/messages/part.interface.js';
import { type StoredMessage } from './stored-state.js';

/** What the sandbox says of the history that was replayed to it. */
const PROOF = /History: ([\da-f]{12})\.$/;

/** Whole answers that were made of another history than the one that is stored before them. */
export function wronglyAnswered(messages: readonly StoredMessage[]): StoredMessage[] {
  return messages.filter(({ role, status, text, supersededBy }, place) => {
    const [, hash] = PROOF.exec(text) ?? [];
    if (role !== 'assistant' || status !== 'complete' || supersededBy !== null || hash === undefined) return false;
    const before = messages.slice(0, place).filter((message) => message.supersededBy === null);
    const results = new Map(before.flatMap(({ parts }) => parts.flatMap(resultOf)));
    // How half an answer, and a call without a result, are replayed is held by other tests.
    const isPlain = before.every(
      ({ status, parts }) =>
        (status === 'complete' || status === 'cancelled') && callsOf(parts).every((id) => results.has(id)),
    );
    return isPlain && historyHash(before.flatMap((message) => replayed(message, results))) !== hash;
  });
}

/** A message as it is replayed: the results of its calls follow it, in the order of the calls. */
function replayed({ role, parts }: StoredMessage, results: ReadonlyMap<string, string>): NeutralMessage[] {
  if (role === 'tool') return [];
  const texts = parts.map((part) => {
    if (part.type === 'tool-call') return `${part.name} ${JSON.stringify(part.arguments)}`;
    return part.type === 'text' ? part.text : '';
  });
  const said = { role: role as NeutralMessage['role'], text: texts.join(' ') };
  return [said, ...callsOf(parts).map((id): NeutralMessage => ({ role: 'tool', text: results.get(id) ?? '' }))];
}

function callsOf(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
}

function resultOf(part: Part): [string, string][] {
  if (part.type !== 'tool-result') return [];
  return [[part.id, typeof part.content === 'string' ? part.content : JSON.stringify(part.content)]];
}
