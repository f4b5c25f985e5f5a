import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { textOf } from '../../../src/messages/text.js';
import { casesOf, generator } from '../random.js';
import { feed } from './feed.js';
import { contorted, cut, damaged } from './stream-mutations.js';
import { readWire, RECORDED_ANSWERS, RECORDED_FAILURES, recordedBytes, type WireOutcome } from './wire.js';

const CASES = casesOf(3_000);

/** The data of the events in these bytes, by the letter of the standard and with no care for speed. */
function eventsOf(stream: Buffer): string[] {
  const lines = new TextDecoder().decode(stream).split(/\r\n|\r|\n/);
  lines.pop();
  const events: string[] = [];
  let data: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (line === 'data') data.push('');
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return events;
}

/** How many replacement characters a broken byte sequence becomes is nobody's business. */
function comparable({ events, answer, error }: WireOutcome): string {
  const { message } = (error ?? {}) as { message?: string };
  return JSON.stringify({ events, answer, message }).replaceAll(/\uFFFD+/g, '\uFFFD');
}

/** What must hold of any outcome; returns what does not. */
function wrongWith({ events, answer, error }: WireOutcome): string | undefined {
  const calls = answer.parts.filter((part) => part.type === 'tool-call');
  if (error !== undefined && !(error instanceof GitlabDuoError)) return `a stray error: ${inspect(error)}`;
  if (error !== undefined) return calls.length > 0 ? 'a call in an answer that failed' : undefined;
  // Where a damaged stream mixes up the order of its texts, the paragraph breaks between them are others.
  const lengthOf = (text: string, type: 'text' | 'reasoning'): number =>
    (type === 'text' ? text.replaceAll('\n\n', '') : text).length;
  for (const type of ['text', 'reasoning'] as const) {
    const told = events.map((said) => (said.type === `${type}-delta` && 'text' in said ? said.text : '')).join('');
    const thought = answer.parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
    const kept = type === 'text' ? textOf(answer.parts) : thought;
    if (lengthOf(told, type) !== lengthOf(kept, type))
      return `${told.length} characters in each ${type}-delta, and ${kept.length} in the answer`;
  }
  const toldCalls = events.filter((event) => event.type === 'tool-call');
  const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);
  if (JSON.stringify([...toldCalls].sort(byId)) !== JSON.stringify([...calls].sort(byId)))
    return 'other calls in the events than in the answer';
  if (answer.finishReason === 'tool-calls' && calls.length === 0) return 'no calls to wait for';
  if (calls.some((call) => typeof call.arguments !== 'object' || call.id === '' || call.name === ''))
    return 'a call that cannot run';
  const counts = Object.values(answer.usage);
  if (counts.some((count) => !Number.isInteger(count) || count < 0 || count > 2 ** 31)) return 'an impossible usage';
  return undefined;
}

function recordedOf(delegate: Delegate): Buffer[] {
  return [...RECORDED_ANSWERS, ...RECORDED_FAILURES]
    .filter(([, owner]) => owner === delegate)
    .map(([name]) => recordedBytes(name));
}

describe.each([
  ['Anthropic', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('A fuzzed stream of %s', (_name, delegate) => {
  const streams = recordedOf(delegate);

  it('gives an error or an answer for damaged bytes, the same for any split', async () => {
    let failures = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      let stream = streams[below(streams.length)] ?? Buffer.alloc(0);
      for (let times = below(4); times > 0; times -= 1) stream = damaged(stream, below);
      const outcome = await readWire(delegate, cut(stream, below));
      const expected = feed(delegate, eventsOf(stream));
      const wrong = wrongWith(outcome);
      if (wrong !== undefined) throw new Error(`Seed ${seed}: ${wrong}`);
      if (outcome.error !== undefined) failures += 1;
      const error = expected.isDone ? undefined : (expected.error ?? outcome.error);
      const [read, reference] = [comparable(outcome), comparable({ ...expected, error })];
      if (read !== reference || (outcome.error === undefined) !== expected.isDone)
        expect([seed, read]).toEqual([seed, reference]);
    }
    expect(failures).toBeGreaterThan(CASES / 10);
    expect(failures).toBeLessThan(CASES * 0.9);
  });

  it('gives an error or an answer for damaged events', () => {
    let failures = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      let events = eventsOf(streams[below(streams.length)] ?? Buffer.alloc(0));
      for (let times = 1 + below(3); times > 0 && events.length > 0; times -= 1) events = contorted(events, below);
      const { isDone, error, ...outcome } = feed(delegate, events);
      const wrong = wrongWith({ ...outcome, error: isDone ? undefined : (error ?? undefined) });
      if (wrong !== undefined && (isDone || error !== undefined))
        throw new Error(`Seed ${seed}: ${wrong}\n${events.join('\n')}`);
      if (!isDone) failures += 1;
    }
    expect(failures).toBeGreaterThan(CASES / 10);
    expect(failures).toBeLessThan(CASES * 0.9);
  });
});
