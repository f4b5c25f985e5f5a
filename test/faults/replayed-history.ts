import { historyHash, type NeutralMessage } from '../../src/sandbox/index.js';
import { type StoredMessage } from './stored-state.js';

/** What the sandbox says of the history that was replayed to it. */
const PROOF = /History: ([\da-f]{12})\.$/;

/** Whole answers that were made of another history than the one that is stored before them. */
export function wronglyAnswered(messages: readonly StoredMessage[]): StoredMessage[] {
  return messages.filter(({ role, status, text, supersededBy }, place) => {
    const [, hash] = PROOF.exec(text) ?? [];
    if (role !== 'assistant' || status !== 'complete' || supersededBy !== null || hash === undefined) return false;
    const before = messages.slice(0, place).filter((message) => message.supersededBy === null);
    // How half an answer, and a call without a result, are replayed is told by other tests.
    return before.every(isPlain) && historyHash(before.map(neutral)) !== hash;
  });
}

function isPlain({ status, parts }: StoredMessage, _place: number, all: readonly StoredMessage[]): boolean {
  const results = all.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : [])));
  const hasResults = parts.every((part) => part.type !== 'tool-call' || results.includes(part.id));
  return (status === 'complete' || status === 'cancelled') && hasResults;
}

function neutral({ role, parts }: StoredMessage): NeutralMessage {
  const texts = parts.map((part) => {
    if (part.type === 'text') return part.text;
    if (part.type === 'tool-call') return `${part.name} ${JSON.stringify(part.arguments)}`;
    if (part.type === 'tool-result')
      return typeof part.content === 'string' ? part.content : JSON.stringify(part.content);
    return '';
  });
  return { role: role as NeutralMessage['role'], text: texts.join(' ') };
}
