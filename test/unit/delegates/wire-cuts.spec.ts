import { describe, expect, it } from '@jest/globals';
import { casesOf, generator } from '../random.js';
import { cut } from './stream-mutations.js';
import { readWire, RECORDED_ANSWERS, RECORDED_FAILURES, recordedBytes, type WireOutcome } from './wire.js';

/** How often each form of a stream is cut at random. */
const ROUNDS = casesOf(20);

const isCall = ({ type }: { type: string }) => type === 'tool-call';

/** Cheaper than a matcher, for outcomes of which there are thousands. */
function expectCut({ error, answer }: WireOutcome, end: number): void {
  const { code, isRetryable } = error as { code?: unknown; isRetryable?: unknown };
  if (code === 'upstream_error' && isRetryable === true && !answer.parts.some(isCall)) return;
  throw new Error(`Cut at ${end}: ${JSON.stringify({ error, answer })}`);
}

const forms: [string, (text: string) => string][] = [
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['lone CR', (text) => text.replaceAll('\n', '\r')],
  ['a byte order mark', (text) => `\uFEFF${text}`],
  ['data of many lines', (text) => text.replaceAll(/^data: \{/gm, 'data: {\ndata:\ndata:')],
  ['comments', (text) => text.replaceAll(/^data/gm, ': a comment\n:\ndata')],
  ['no space after the colon', (text) => text.replaceAll(/^(data|event): /gm, '$1:')],
  ['ids, retries and unknown fields', (text) => text.replaceAll(/^data/gm, 'id: 7\nretry: 10\nretry: x\nfoo\ndata')],
  ['all of these', (text) => `\uFEFF${text.replaceAll(/^data: \{/gm, ':\ndata:{\ndata:')}`.replaceAll('\n', '\r\n')],
];

describe.each(RECORDED_ANSWERS)('The bytes of %s', (name, delegate) => {
  const stream = recordedBytes(name);
  const read = (...reads: Buffer[]) =>
    readWire(
      delegate,
      reads.map((piece) => [piece]),
    );
  const bytes = (whole: Buffer) => [...whole].map((byte) => Buffer.of(byte));

  it('give an answer as a whole', async () => {
    const { error, answer } = await read(stream);
    expect(error).toBeUndefined();
    expect(answer.parts).not.toEqual([]);
  });

  it('fail with a retryable error if truncated anywhere', async () => {
    const whole = await read(stream);
    for (let end = 0; end < stream.length; end += 1) {
      const outcome = await read(stream.subarray(0, end));
      expectCut(outcome, end);
      const { events } = outcome;
      if (JSON.stringify(events) !== JSON.stringify(whole.events.slice(0, events.length)))
        expect([end, events]).toEqual([end, whole.events]);
    }
  });

  it('give the same answer if split in two anywhere', async () => {
    const whole = JSON.stringify(await read(stream));
    for (let at = 1; at < stream.length; at += 1) {
      const outcome = JSON.stringify(await read(stream.subarray(0, at), stream.subarray(at)));
      if (outcome !== whole) expect([at, outcome]).toEqual([at, whole]);
    }
  });

  it('give the same answer one byte at a time', async () => {
    expect(await read(...bytes(stream))).toEqual(await read(stream));
  });

  it.each(forms)('give the same answer with %s', async (_form, change) => {
    const changed = Buffer.from(change(stream.toString('utf8')));
    expect(changed.equals(stream)).toBe(false);
    const whole = await read(stream);
    expect(await read(changed)).toEqual(whole);
    expect(await read(...bytes(changed))).toEqual(whole);
    const below = generator(changed.length);
    for (let round = 0; round < ROUNDS; round += 1)
      expect(await readWire(delegate, cut(changed, below))).toEqual(whole);
  });
});

describe.each(RECORDED_FAILURES)('The failing bytes of %s', (name, delegate, code) => {
  const stream = recordedBytes(name);

  it('fail with an error, a retryable one if truncated', async () => {
    for (let end = 0; end < stream.length; end += 1)
      expectCut(await readWire(delegate, [[stream.subarray(0, end)]]), end);
    const { error } = await readWire(delegate, [[stream]]);
    expect(error).toMatchObject({ code, isRetryable: true });
  });
});
