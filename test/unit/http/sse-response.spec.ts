import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { problem } from '../../../src/errors/problem.js';
import { failedBeforeFirstToken } from '../../../src/http/failed-before-first-token.js';
import { encodeEvent, writeEvents } from '../../../src/http/sse-response.js';
import { noUsage } from '../../../src/messages/usage.js';
import { LiveRun } from '../../../src/runs/live-run.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';

describe('encodeEvent', () => {
  it('writes the type as the event and every other field as data', () => {
    expect(encodeEvent('run', 7, { type: 'text-delta', text: 'a\n"b"' })).toBe(
      'id: run:7\nevent: text-delta\ndata: {"text":"a\\n\\"b\\""}\n\n',
    );
    expect(encodeEvent('run', 8, { type: 'message-start', messageId: 'm', role: 'assistant' })).toBe(
      'id: run:8\nevent: message-start\ndata: {"messageId":"m","role":"assistant"}\n\n',
    );
  });
});

describe('writeEvents', () => {
  const STALLED_MS = 500;
  const EVENTS = 20_000;
  const text = 'x'.repeat(1_000);
  let server: Server;
  let run: LiveRun;
  let stalledMs: number;
  let responses: ServerResponse[];
  let writing: Promise<void>[];

  beforeEach(async () => {
    run = new LiveRun('run', 'chat');
    stalledMs = STALLED_MS;
    responses = [];
    writing = [];
    server = createServer((_request, response) => {
      const timing = { heartbeatMs: 50, stalledMs };
      responses.push(response);
      writing.push(writeEvents(response, { headers: {}, run, timing }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function connect(): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage];
    return response;
  }

  /** Says some 20 MB, more than sockets hold. */
  function sayMuch(): void {
    for (let event = 0; event < EVENTS; event += 1) run.append([{ type: 'text-delta', text }]);
    run.end({ status: 'completed', message: null, usage: noUsage });
  }

  async function indexesOf(reader: IncomingMessage, pauseMs = 0): Promise<number[]> {
    let received = '';
    for await (const chunk of reader) {
      received += String(chunk);
      if (pauseMs > 0) await sleep(pauseMs);
    }
    return [...received.matchAll(/^id: run:(\d+)$/gm)].map(([, index]) => Number(index));
  }

  it('buffers at most one batch for a reader that pauses, without delaying others', async () => {
    stalledMs = 60_000;
    const paused = await connect();
    const quick = await connect();
    paused.pause();
    sayMuch();
    const all = Array.from({ length: EVENTS }, (_value, index) => index);
    expect(await indexesOf(quick)).toEqual(all);
    const [response] = responses;
    expect(response?.writableLength).toBeGreaterThan(0);
    expect(response?.writableLength).toBeLessThan(1_000_000);
    expect(await indexesOf(paused)).toEqual(all);
    await Promise.all(writing);
  });

  it('drops a reader that takes no more bytes, soon after its limit', async () => {
    const stalled = await connect();
    const hasClosed = once(responses[0] as ServerResponse, 'close');
    stalled.pause();
    stalled.on('error', () => undefined);
    const since = performance.now();
    sayMuch();
    await hasClosed;
    expect(performance.now() - since).toBeGreaterThan(STALLED_MS / 2 - 2);
    await Promise.all(writing);
  });

  it('drops a reader that stalls at the very end, after the last write', async () => {
    const stalled = await connect();
    stalled.pause();
    stalled.on('error', () => undefined);
    const [response] = responses as [ServerResponse];
    const hasClosed = once(response, 'close');
    const isFull = async (): Promise<boolean> => {
      for (let look = 0; look < 3; look += 1) {
        await sleep(response.writableLength === 0 ? 0 : 20);
        if (response.writableLength === 0) return false;
      }
      return true;
    };
    while (!(await isFull())) run.append([{ type: 'text-delta', text: text.repeat(8) }]);
    run.end({ status: 'completed', message: null, usage: noUsage });
    await hasClosed;
    stalled.resume();
    await expect(once(stalled, 'end')).rejects.toThrow('aborted');
    await Promise.all(writing);
  });

  it('keeps a slow and steady reader', async () => {
    // Long enough for a busy machine to be no stalled reader.
    stalledMs = 3_000;
    const slow = await connect();
    sayMuch();
    const since = performance.now();
    expect(await indexesOf(slow, 25)).toHaveLength(EVENTS);
    expect(performance.now() - since).toBeGreaterThan(stalledMs * 2);
  });

  it('keeps a reader while its run is silent', async () => {
    const reader = await connect();
    await sleep(STALLED_MS * 2);
    run.append([{ type: 'text-delta', text }]);
    run.end({ status: 'completed', message: null, usage: noUsage });
    expect(await indexesOf(reader)).toEqual([0]);
  });

  it('ends when the reader disconnects', async () => {
    const reader = await connect();
    reader.destroy();
    await sleep(50);
    run.append([{ type: 'text-delta', text: 'x' }]);
    await Promise.all(writing);
  });
});

const start: RunEvent[] = [
  { type: 'run-start', runId: 'r', chatId: 'c', userMessageId: null },
  { type: 'message-start', messageId: 'm', role: 'assistant' },
];
const delta: RunEvent = { type: 'text-delta', text: 'Hi' };
const failure: RunEvent = { type: 'error', problem: problem('upstream_error', 'no') };
/** Longer than a test may take. */
const LONG_MS = 60_000;
const { signal } = new AbortController();

function runWith(...events: RunEvent[]): LiveRun {
  const run = new LiveRun('r', 'c');
  run.append([...start, ...events]);
  return run;
}

function held(waiting: Promise<unknown>): Promise<unknown> {
  return Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 30, 'held'))]);
}

describe('failedBeforeFirstToken', () => {
  it('waits for the first token', async () => {
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    expect(await held(waiting)).toBe('held');
    run.append([delta]);
    expect(await waiting).toBe(false);
  });

  it('reports an error before the first token', async () => {
    expect(await failedBeforeFirstToken(runWith(failure), LONG_MS, signal)).toBe(true);
    expect(await failedBeforeFirstToken(runWith(delta, failure), LONG_MS, signal)).toBe(false);
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    run.append([failure]);
    expect(await waiting).toBe(true);
  });

  it('waits no longer than its limit', async () => {
    expect(await failedBeforeFirstToken(runWith(), 30, signal)).toBe(false);
  });

  it('stops with the run, and when its signal aborts', async () => {
    const run = runWith();
    const waiting = failedBeforeFirstToken(run, LONG_MS, signal);
    run.end({ status: 'completed', message: null, usage: noUsage });
    expect(await waiting).toBe(false);
    const leaving = new AbortController();
    const left = failedBeforeFirstToken(runWith(), LONG_MS, leaving.signal);
    expect(await held(left)).toBe('held');
    leaving.abort();
    expect(await left).toBe(false);
  });
});
