import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readEvents } from './support/event-reader.js';
import { startUpstream, type Upstream } from '../bench/upstream/start-upstream.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** Long enough for a reader on a busy machine, which is told from a stalled one by the megabytes that it takes at a time. */
const STALLED_MS = 6_000;
/** Some 8 MB of events, more than sockets hold. */
const DELTAS = 80_000;

jest.setTimeout(120_000);

describe.each(PLATFORMS)('Readers on %s', (platform) => {
  let upstream: Upstream;
  let server: TestServer;
  let client: HttpClient;

  beforeAll(async () => {
    upstream = await startUpstream({ deltas: DELTAS, everyMs: 0 });
    const timing = { stalledMs: STALLED_MS, heartbeatMs: 200 };
    server = await startTestServer({ platform, timing, instanceUrl: upstream.url, gatewayUrl: upstream.url });
    client = new HttpClient(server.url);
  });
  afterAll(async () => {
    await server.close();
    upstream.stop();
  });

  /** Asks for events over a bare socket, which reads when it is asked to. */
  function ask(chatId: string, content: string): Socket {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const body = JSON.stringify({ content });
    socket.pause();
    socket.write(
      `POST /chats/${chatId}/messages HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return socket;
  }

  async function answered(chatId: string): Promise<string | undefined> {
    await until(async () => (await client.messages(chatId)).length === 2);
    return (await client.messages(chatId))[1]?.status;
  }

  it('are dropped when they stop reading, without affecting their run or other readers', async () => {
    const [stalledId, quickId] = [await client.createChat(), await client.createChat()];
    const accepted = once(server.app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
    const stalled = ask(stalledId, 'Tell me everything');
    const [connection] = await accepted;
    const isDropped = once(stalled, 'close');
    stalled.on('error', () => undefined);
    const quick = await client.events(quickId, 'Hello');
    expect(quick).toHaveLength(DELTAS + 4);
    expect(quick.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
    expect(await answered(stalledId)).toBe('complete');
    await until(() => connection.destroyed);
    // What the sockets held comes, and then the end: not the end of the run.
    let received = '';
    stalled.on('data', (chunk: Buffer) => (received += String(chunk))).resume();
    await isDropped;
    expect(received).toContain('event: text-delta');
    expect(received).not.toContain('event: run-end');
  });

  it('are kept to the end if they read slowly and steadily', async () => {
    const chatId = await client.createChat();
    const response = await client.openEvents(chatId, 'Tell me everything');
    const since = performance.now();
    let events = 0;
    let last: string | undefined;
    for await (const { type } of readEvents(response)) {
      last = type;
      if (++events % 1_000 === 0) await sleep(100);
    }
    expect([events, last]).toEqual([DELTAS + 4, 'run-end']);
    expect(performance.now() - since).toBeGreaterThan(STALLED_MS);
  });
});
