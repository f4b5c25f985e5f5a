import { describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

describe.each(PLATFORMS)('An ask without a connection, on %s', (platform) => {
  const prepare = (app: INestApplication): unknown => app.setGlobalPrefix('api', { exclude: ['/health/*path'] });
  const server = useTestServer({ platform, prepare: (app) => void prepare(app) });
  const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    new HttpClient(server.url).send(method, path, body, headers);
  const createChat = async (): Promise<string> => ((await send('POST', '/api/chats', {})).body as { id: string }).id;

  it.each(['respond-async', 'wait=10, Respond-Async; q=1'])(
    'is answered with its run at once, by Prefer: %s',
    async (prefer) => {
      server.sandbox.fault({ fault: 'stream-late-first-byte' });
      const chatId = await createChat();
      const url = `/api/chats/${chatId}/messages`;
      const headers = { prefer, accept: 'text/event-stream' };
      const answer = await send('POST', `${url}?from=here`, { content: 'Hello', onDisconnect: 'cancel' }, headers);
      const { id } = answer.body as { id: string };
      expect([answer.status, answer.get('preference-applied'), answer.get('x-run-id')]).toEqual([
        202,
        'respond-async',
        id,
      ]);
      expect(answer.body).toMatchObject({ id, chatId, status: 'running', answerMessageId: null, position: null });
      const location = answer.get('location') ?? '';
      expect(location).toBe(`/api/chats/${chatId}/runs/${id}`);
      await until(async () => ((await send('GET', location)).body as { status: string }).status === 'completed');
      const run = (await send('GET', location)).body as Record<string, unknown>;
      expect(run).toMatchObject({ usage: { outputTokens: expect.any(Number) }, error: null });
      expect(((await send('GET', url)).body as { items: unknown[] }).items).toHaveLength(2);
    },
  );

  it('has the problem of its run in the run', async () => {
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const chatId = await createChat();
    const answer = await send(
      'POST',
      `/api/chats/${chatId}/messages`,
      { content: 'Hello' },
      { prefer: 'respond-async' },
    );
    const location = answer.get('location') ?? '';
    await until(async () => ((await send('GET', location)).body as { status: string }).status === 'failed');
    expect((await send('GET', location)).body).toMatchObject({ error: { code: 'upstream_overloaded', status: 503 } });
    const again = await send('POST', `/api/chats/${chatId}/completions`, {}, { prefer: 'respond-async' });
    expect(again.status).toBe(202);
    expect(again.get('location')).toMatch(new RegExp(`^/api/chats/${chatId}/runs/`));
  });

  it('is answered as any other where nothing can begin, or nothing is preferred', async () => {
    const chatId = await createChat();
    const headers = { prefer: 'respond-async' };
    const missing = `/api/chats/${chatId.replace(/.$/, 'x').replace(/x$/, chatId.endsWith('0') ? '1' : '0')}/messages`;
    expect((await send('POST', missing, { content: 'Hello' }, headers)).body).toMatchObject({ code: 'chat_not_found' });
    const answer = await send('POST', `/api/chats/${chatId}/messages`, { content: 'Hello' }, { prefer: 'wait=10' });
    expect([answer.status, answer.get('preference-applied')]).toEqual([201, undefined]);
  });

  it('waits for its turn with a place in the queue', async () => {
    server.sandbox.fault({ fault: 'stream-stall' });
    const chatId = await createChat();
    const url = `/api/chats/${chatId}/messages`;
    const prefer = { prefer: 'respond-async' };
    const first = await send('POST', url, { content: 'One' }, prefer);
    const body = { content: 'Two', whenBusy: 'enqueue' };
    const [second, third] = [await send('POST', url, body, prefer), await send('POST', url, body, prefer)];
    expect([second.status, second.body]).toMatchObject([202, { status: 'queued', position: 1, startedAt: null }]);
    expect(third.body).toMatchObject({ status: 'queued', position: 2 });
    const busy = await send('POST', url, { content: 'Three' });
    expect(busy.body).toMatchObject({ status: 409, code: 'chat_busy', runId: (first.body as { id: string }).id });
    await send('POST', `${first.get('location') ?? ''}/cancel`);
    const place = third.get('location') ?? '';
    await until(async () => ((await send('GET', place)).body as { status: string }).status === 'completed');
    expect((await send('POST', url, { content: 'x', whenBusy: 'later' })).body).toMatchObject({ status: 400 });
    expect((await send('POST', url, { content: 'x', onDisconnect: 'stop' })).body).toMatchObject({ status: 400 });
  });
});
