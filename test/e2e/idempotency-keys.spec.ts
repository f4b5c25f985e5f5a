import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Chat, DuoChatService } from '../../src/index.js';
import { createTestDatabase } from '../database/test-database.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { HttpClient, type HttpAnswer } from './support/http-client.js';
import { StatementLog } from './support/statement-log.js';
import { startTestHost } from './support/test-module.js';
import { PLATFORMS } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { useTestServer } from './support/use-test-host.js';

const pay = testTool('pay', () => 'Paid', { requiresApproval: true });

describe.each(PLATFORMS)('Idempotency keys over HTTP, on %s', (platform) => {
  const server = useTestServer({ platform, tools: [pay] });
  let client: HttpClient;
  let chatId: string;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(async () => {
    server.sandbox.reset();
    chatId = await client.createChat();
  });

  const post = (key: string, content: string, headers: Record<string, string> = {}, more = {}): Promise<HttpAnswer> =>
    client.send('POST', `/chats/${chatId}/messages`, { content, ...more }, { 'idempotency-key': key, ...headers });
  const complete = (key: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    client.send('POST', `/chats/${chatId}/completions`, {}, { 'idempotency-key': key, ...headers });
  const runs = async (): Promise<unknown[]> =>
    (await client.json<{ items: unknown[] }>('GET', `/chats/${chatId}/runs`)).items;
  const events = async (key: string, content: string): Promise<{ response: Response; events: ReceivedEvent[] }> => {
    const response = await fetch(`${server.url}/chats/${chatId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'idempotency-key': key },
      body: JSON.stringify({ content }),
    });
    const events: ReceivedEvent[] = [];
    for await (const event of readEvents(response)) events.push(event);
    return { response, events };
  };

  it('begins one run for forty concurrent requests with one key, and gives all of them its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => post('forty', 'Hello')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    expect(answers.filter((answer) => answer.get('idempotent-replayed') === undefined)).toHaveLength(1);
    expect(await client.messages(chatId)).toHaveLength(2);
    expect(await runs()).toHaveLength(1);
  });

  it('replays an ended run in the form that the request asks for', async () => {
    const first = await post('"k"', 'Hello');
    expect(first.get('idempotent-replayed')).toBeUndefined();
    await client.ask(chatId, 'Another question');
    const again = await post('k', 'Hello');
    expect([again.status, again.get('idempotent-replayed'), again.body]).toEqual([201, 'true', first.body]);

    const streamed = await events('k', 'Hello');
    expect([streamed.response.status, streamed.response.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    const types = streamed.events.map(({ type }) => type);
    expect([types.at(0), types.at(-1)]).toEqual(['run-start', 'run-end']);
    expect(streamed.events.map(({ data }) => (data.text as string | undefined) ?? '').join('')).toBe(
      (first.body as { text: string }).text,
    );

    const async = await post('k', 'Hello', { prefer: 'respond-async' });
    expect([async.status, async.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect(async.body).toMatchObject({ id: (first.body as { runId: string }).runId, status: 'completed' });
    expect(await client.messages(chatId)).toHaveLength(4);
  });

  it('replays a failed run with its problem', async () => {
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const first = await post('fails', 'Hello');
    const again = await post('fails', 'Hello');
    expect(first.status).toBe(503);
    expect([again.status, again.get('idempotent-replayed')]).toEqual([503, 'true']);
    const { requestId: _mine, ...problem } = again.body as Record<string, unknown>;
    expect(first.body).toMatchObject(problem);
    const streamed = await events('fails', 'Hello');
    expect([streamed.response.status, streamed.response.headers.get('idempotent-replayed')]).toEqual([503, 'true']);
    expect(await client.messages(chatId)).toHaveLength(1);
    expect(server.sandbox.calls.requests['anthropic-messages']).toBe(1);
  });

  it('refuses another request with the key, and calls the chat busy only after that', async () => {
    server.sandbox.fault({ fault: 'gateway-hang' });
    const waiting = post('k', 'Hello', {}, { onDisconnect: 'continue' });
    await expectRuns(1);
    expect((await post('k', 'Hello!')).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await post('k', 'Hello', {}, { model: 'duo-chat-haiku-4-5' })).status).toBe(422);
    expect((await post('other', 'Hello')).body).toMatchObject({ status: 409, code: 'chat_busy' });
    const joined = post('k', 'Hello', {}, { whenBusy: 'interrupt', onDisconnect: 'cancel' });
    const [{ id }] = (await runs()) as [{ id: string }];
    expect((await client.send('POST', `/chats/${chatId}/runs/${id}/cancel`)).status).toBe(202);
    expect((await waiting).body).toMatchObject({ status: 409, code: 'run_cancelled' });
    expect((await joined).body).toMatchObject({ status: 409, code: 'run_cancelled' });
    expect((await joined).get('idempotent-replayed')).toBe('true');
  });

  it.each(['', '"', '"k', 'k"', '"a"b"', 'ké', 'k'.repeat(256), '""'])('refuses the key %j', async (key) => {
    expect((await post(key, 'Hello')).body).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(await client.messages(chatId)).toEqual([]);
  });

  it('keeps the keys of a parked run and of the completion that continues it', async () => {
    await server.database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chatId]);
    const ask = await post('ask', 'call pay {}');
    expect(ask.status).toBe(202);
    expect((await post('ask', 'call pay {}')).body).toEqual(ask.body);
    expect((await complete('early')).body).toMatchObject({ status: 409, code: 'pending_tool_calls' });
    const { items } = await client.json<{ items: { id: string }[] }>('GET', `/chats/${chatId}/tool-calls`);
    await client.json('POST', `/chats/${chatId}/tool-calls/${items[0]?.id ?? ''}/approve`);
    const [done, twin] = await Promise.all([complete('go'), complete('go')]);
    expect([done.status, twin.status]).toEqual([201, 201]);
    expect(twin.body).toEqual(done.body);
    expect((await complete('go')).body).toEqual(done.body);
    expect((await complete('ask')).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await post('ask', 'call pay {}')).body).toEqual(done.body);
    expect(await runs()).toHaveLength(1);
  });

  it('forgets the keys of a deleted chat', async () => {
    await post('k', 'Hello');
    await client.send('DELETE', `/chats/${chatId}`);
    expect((await post('k', 'Hello')).body).toMatchObject({ status: 404, code: 'chat_not_found' });
    expect(await server.database.query('SELECT FROM duo_idempotency_keys WHERE chat_id = $1', [chatId])).toEqual([]);
  });

  it('takes two round trips for an ask with a key', async () => {
    await post('warm', 'Hello');
    const log = new StatementLog();
    try {
      await post('two', 'Hello');
      expect(log.take()).toHaveLength(2);
    } finally {
      log.stop();
    }
  });

  async function expectRuns(count: number): Promise<void> {
    for (;;) if ((await runs()).length === count) return;
  }
});

it('A key gets the run of before a restart, also where that failed', async () => {
  const database = await createTestDatabase();
  const begun: string[] = [];
  let chatId = '';
  try {
    for (const isFirst of [true, false]) {
      const host = await startTestHost([Chat], { database });
      try {
        const chats = host.app.get<DuoChatService<Chat>>(DuoChatService);
        if (isFirst) chatId = (await chats.create()).id;
        const chat = chats.ref(chatId);
        if (isFirst) host.sandbox.fault({ fault: 'gateway-overloaded' });
        const failing = await chat.start('One', { idempotencyKey: 'fails' });
        await expect(failing.result()).rejects.toMatchObject({ code: 'upstream_overloaded' });
        const answer = await chat.ask('Two', { idempotencyKey: 'works' });
        begun.push(`${failing.id} ${answer.id}`);
        expect((await chats.messages(chatId)).items).toHaveLength(isFirst ? 3 : 5);
        // Settings that waited to be stored were stored by the first request.
        const loaded = await chats.find(chatId);
        if (isFirst) loaded.withTemperature(0.5);
        begun.push((await loaded.start('Three', { idempotencyKey: 'with settings' })).id);
        await chat.run(begun.at(-1) ?? '').result();
      } finally {
        await host.close();
      }
    }
    expect(begun.slice(2)).toEqual(begun.slice(0, 2));
  } finally {
    await database.drop();
  }
});
