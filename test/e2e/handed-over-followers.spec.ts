import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startUpstream, type Upstream } from '../bench/upstream/start-upstream.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { RunClient, shownTexts } from './support/run-client.js';
import { startServerProcess } from './support/server-process.js';
import { startTestServer, type TestServer, type TestServerOptions } from './support/test-server.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

let upstream: Upstream;
let gitlab: TestServerOptions;
let staying: TestServer;

beforeAll(async () => {
  // Answers take two seconds and a half.
  upstream = await startUpstream({ deltas: 50, everyMs: 50 });
  gitlab = { instanceUrl: upstream.url, gatewayUrl: upstream.url, shutdownGraceMs: 100 };
  staying = await startTestServer(gitlab);
});
afterAll(async () => {
  await staying.close();
  upstream.stop();
});

/** Reads a stream into a list, and how it ended. */
function read(response: Response): { events: ReceivedEvent[]; ended: Promise<'ended' | 'cut'> } {
  const events: ReceivedEvent[] = [];
  const ended = (async () => {
    try {
      for await (const event of readEvents(response)) events.push(event);
      return 'ended';
    } catch {
      return 'cut';
    }
  })();
  return { events, ended };
}

const types = (events: ReceivedEvent[]): unknown[] => events.map(({ type }) => type);

it('the connections to a stopping instance are cut, and readers elsewhere see the run continue', async () => {
  const stopping = await startTestServer({ ...gitlab, databaseUrl: () => staying.databaseUrl });
  const http = new HttpClient(stopping.url);
  const [chatId, otherId] = [await http.createChat(), await http.createChat()];
  const asker = await http.openEvents(chatId, 'Tell me everything');
  const asked = read(asker);
  const waiting = http.send('POST', `/chats/${otherId}/messages`, { content: 'Tell me more' });
  await until(() => asked.events.length > 5);
  const runId = asker.headers.get('x-run-id') ?? '';
  const [here, there] = [new RunClient(stopping.url, chatId), new RunClient(staying.url, chatId)];
  const [reader, remote] = [read(await here.follow(runId)), read(await there.follow(runId))];
  await until(() => remote.events.length > 5);
  await stopping.close();
  expect([await asked.ended, await reader.ended]).toEqual(['cut', 'cut']);
  expect(types([...asked.events, ...reader.events])).not.toContain('run-end');
  const refused = await waiting;
  expect([refused.status, refused.get('retry-after'), refused.body]).toEqual([
    503,
    '1',
    expect.objectContaining({ code: 'server_busy', runId: refused.get('x-run-id') }),
  ]);
  expect(await remote.ended).toBe('ended');
  expect(remote.events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
  const resumed = await there.eventsAfter(runId, Number(asked.events.at(-1)?.id?.split(':')[1]), 'header');
  const [, answer] = await new HttpClient(staying.url).messages(chatId);
  for (const events of [remote.events, [...asked.events, ...resumed]])
    expect([types(events).includes('reset'), shownTexts(events).at(-1)]).toEqual([true, answer?.text]);
});

it.each([
  ['continues', 'takeover', 'completed'],
  ['is ended', 'interrupt', 'interrupted'],
] as const)(
  'a reader that has more than a killed server logged is corrected, where the run %s elsewhere',
  async (_how, recovery, status) => {
    const survivor = await startTestServer({ ...gitlab, recovery });
    const killed = await startServerProcess(survivor.databaseUrl, upstream.url);
    const chatId = await killed.http.createChat();
    const asker = await killed.http.openEvents(chatId, 'Tell me everything');
    const asked = read(asker);
    await until(() => asked.events.length > 32);
    await killed.kill();
    expect(await asked.ended).toBe('cut');
    const runId = asker.headers.get('x-run-id') ?? '';
    const client = new RunClient(survivor.url, chatId);
    const last = Number(asked.events.at(-1)?.id?.split(':')[1]);
    // At once, and after the end.
    for (let time = 0; time < 2; time += 1) {
      const rest = await client.eventsAfter(runId, last, 'header');
      expect(rest.at(-1)).toMatchObject({ type: 'run-end', data: { status } });
      const messages = await new HttpClient(survivor.url).messages(chatId);
      expect(types(rest)).toContain('reset');
      expect(shownTexts([...asked.events, ...rest]).at(-1)).toBe(messages.at(-1)?.text);
      const end = Number(rest.at(-1)?.id?.split(':')[1]);
      expect((await client.follow(runId, end, 'header')).status).toBe(204);
    }
    await survivor.close();
  },
);
