import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { RunClient } from './support/run-client.js';
import { PLATFORMS } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

interface Run {
  id: string;
  status: string;
}

describe.each(PLATFORMS)('The routes of runs on %s', (platform) => {
  const server = useTestServer({ platform, timing: { heartbeatMs: 100 } });
  let http: HttpClient;
  let chatId: string;
  let runs: RunClient;

  beforeAll(() => {
    http = new HttpClient(server.url);
  });
  beforeEach(async () => {
    server.sandbox.reset();
    chatId = await http.createChat();
    runs = new RunClient(server.url, chatId);
  });

  async function runOfAsk(content = 'Hi'): Promise<string> {
    return (await http.ask(chatId, content)).runId ?? '';
  }

  const problem = ({ status, body }: HttpAnswer): unknown => [status, (body as { code: string }).code];

  it('show a run: what it was, what it cost, and when', async () => {
    const answer = await http.ask(chatId, 'Hi');
    expect(await http.json('GET', `/chats/${chatId}/runs/${answer.runId}`)).toEqual({
      id: answer.runId,
      chatId,
      status: 'completed',
      model: 'duo-chat-sonnet-4-6',
      answerMessageId: answer.id,
      error: null,
      usage: answer.usage,
      position: null,
      createdAt: expect.stringMatching(/Z$/),
      startedAt: expect.stringMatching(/Z$/),
      finishedAt: expect.stringMatching(/Z$/),
    });
    server.sandbox.fault({ fault: 'gateway-internal-error' });
    const { headers } = await http.send('POST', `/chats/${chatId}/messages`, { content: 'Again' });
    const failed = await http.json('GET', `/chats/${chatId}/runs/${String(headers['x-run-id'])}`);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'upstream_error', status: 502 } });
  });

  it('list the runs of a chat, newest first, page by page and by status', async () => {
    const ids = [await runOfAsk(), await runOfAsk()];
    server.sandbox.fault({ fault: 'gateway-internal-error' });
    await http.send('POST', `/chats/${chatId}/messages`, { content: 'Again' });
    const list = (query = '') =>
      http.json<{ items: Run[]; nextCursor: string | null }>('GET', `/chats/${chatId}/runs${query}`);
    const all = await list();
    expect([all.items.map(({ status }) => status), all.nextCursor]).toEqual([
      ['failed', 'completed', 'completed'],
      null,
    ]);
    expect((await list('?status=completed')).items.map(({ id }) => id)).toEqual([...ids].reverse());
    const first = await list('?limit=2');
    expect(first.items).toEqual(all.items.slice(0, 2));
    expect(await list(`?limit=2&cursor=${String(first.nextCursor)}`)).toEqual({
      items: all.items.slice(2),
      nextCursor: null,
    });
    for (const query of ['?status=lost', '?limit=0', '?limit=101', '?cursor=x', '?page=2'])
      expect(problem(await http.send('GET', `/chats/${chatId}/runs${query}`))).toEqual([400, 'validation_failed']);
  });

  it('do not know the runs of other chats', async () => {
    const runId = await runOfAsk();
    const otherId = await http.createChat();
    for (const path of [`${otherId}/runs/${runId}`, `${chatId}/runs/${uuidv7()}`, `${chatId}/runs/x`]) {
      expect(problem(await http.send('GET', `/chats/${path}`))).toEqual([404, 'run_not_found']);
      expect(problem(await http.send('GET', `/chats/${path}/events`))).toEqual([404, 'run_not_found']);
    }
    for (const path of ['runs', `runs/${runId}`, `runs/${runId}/events`, 'stream'])
      expect(problem(await http.send('GET', `/chats/${uuidv7()}/${path}`))).toEqual([404, 'chat_not_found']);
  });

  it('refuse a position that no event can have', async () => {
    const runId = await runOfAsk();
    const path = `/chats/${chatId}/runs/${runId}/events`;
    for (const after of ['-2', 'x', '1.5', '2147483647', ''])
      expect(problem(await http.send('GET', `${path}?after=${after}`))).toEqual([400, 'validation_failed']);
    for (const id of ['7', 'x:1', `${runId}:x`, `${runId}:-1`, `${runId}:2147483647`, `${uuidv7()}:1`]) {
      const response = await http.send('GET', path, undefined, { 'last-event-id': id });
      expect([id, problem(response)]).toEqual([id, [400, 'validation_failed']]);
    }
  });

  it('take the Last-Event-ID before the query, and ids in any letter case', async () => {
    const runId = await runOfAsk();
    const all = await runs.eventsAfter(runId);
    const response = await runs.get(`runs/${runId.toUpperCase()}/events?after=0`, {
      'last-event-id': `${runId.toUpperCase()}:${all.length - 2}`,
    });
    const events: ReceivedEvent[] = [];
    for await (const event of readEvents(response)) events.push(event);
    expect(events).toEqual(all.slice(-1));
  });

  it('answer a reader at once, with the time after which to connect again, and then with heartbeats', async () => {
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 0, delayMs: 1_500 });
    const asked = http.ask(chatId, 'Hi');
    await until(async () => (await http.json<{ items: Run[] }>('GET', `/chats/${chatId}/runs`)).items.length === 1);
    const response = await runs.get('stream');
    expect([response.status, response.redirected, response.headers.get('content-type')]).toEqual([
      200,
      false,
      'text/event-stream; charset=utf-8',
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    const text = await response.text();
    const { runId } = await asked;
    expect(response.headers.get('x-run-id')).toBe(runId);
    expect(text.startsWith('retry: 1000\n\n')).toBe(true);
    expect(text.split('retry:')).toHaveLength(2);
    expect(text).toMatch(/: heartbeat\n\n[^]*event: text-delta[^]*event: run-end/);
    expect((await runs.get('stream')).status).toBe(204);
  });

  it('send the events of an active run after the one that its reader has', async () => {
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, delayMs: 1_500 });
    const events: ReceivedEvent[] = [];
    const asked = (async () => {
      for await (const event of readEvents(await http.openEvents(chatId, 'Hi'))) events.push(event);
    })();
    await until(() => events.length > 3);
    const rest: ReceivedEvent[] = [];
    const response = await runs.get('stream', { 'last-event-id': events[1]?.id ?? '' });
    for await (const event of readEvents(response)) rest.push(event);
    await asked;
    expect(rest).toEqual(events.slice(2));
  });
});

describe('A run with as many readers as the limits say', () => {
  const server = useTestServer({ limits: { followers: 1 } });

  it('refuses another reader until one has left', async () => {
    const http = new HttpClient(server.url);
    const chatId = await http.createChat();
    const runs = new RunClient(server.url, chatId);
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 3 });
    const leaving = new AbortController();
    const asker = await http.openEvents(chatId, 'Hi', leaving.signal);
    const runId = asker.headers.get('x-run-id') ?? '';
    const refused = await http.send('GET', `/chats/${chatId}/runs/${runId}/events`);
    expect([refused.status, refused.get('retry-after'), refused.body]).toEqual([
      429,
      '1',
      expect.objectContaining({ code: 'too_many_followers', runId }),
    ]);
    leaving.abort();
    await until(async () => {
      const stop = new AbortController();
      const { status } = await runs.follow(runId, -1, 'query', stop.signal);
      stop.abort();
      return status === 200;
    });
    await http.json('POST', `/chats/${chatId}/runs/${runId}/cancel`);
  });
});
