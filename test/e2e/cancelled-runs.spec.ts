import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type MessageRecord } from '../../src/messages/message.interface.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient, type HttpAnswer } from './support/http-client.js';
import { PLATFORMS, startTestServer, type TestServer } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const pay = testTool('pay', () => 'Paid', { requiresApproval: true });
let stopped: unknown;
const wait = testTool('wait', (_input, { signal }) => {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      stopped = signal.reason;
      reject(new Error('stopped'));
    });
  });
});

describe.each(PLATFORMS)('Runs that are cancelled over HTTP, on %s', (platform) => {
  const server = useTestServer({ platform, tools: [pay, wait], retries: { tries: 3, budgetMs: 60_000 } });
  /** Another instance on the same database. */
  let there: TestServer;
  let client: HttpClient;
  let chatId: string;

  beforeAll(async () => {
    const { url } = server.sandbox;
    const databaseUrl = (): string => server.databaseUrl;
    there = await startTestServer({ platform, tools: [pay, wait], instanceUrl: url, gatewayUrl: url, databaseUrl });
    client = new HttpClient(server.url);
  });
  afterAll(() => there.close());
  beforeEach(async () => {
    server.sandbox.reset();
    stopped = undefined;
    chatId = await client.createChat();
    await server.database.query(`UPDATE chats SET tools = '["pay","wait"]' WHERE id = $1`, [chatId]);
  });

  const post = (content: string, more = {}, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
    client.send('POST', `/chats/${chatId}/messages`, { content, ...more }, headers);
  const cancel = (runId: string): Promise<HttpAnswer> => client.send('POST', `/chats/${chatId}/runs/${runId}/cancel`);
  const begin = async (content: string, more = {}): Promise<string> => {
    const { body } = await post(content, more, { prefer: 'respond-async' });
    return (body as { id: string }).id;
  };
  const find = (runId: string): Promise<{ status: string }> => client.json('GET', `/chats/${chatId}/runs/${runId}`);
  const query = (text: string, runId: string): Promise<object[]> => server.database.query(text, [runId]);
  const hasStatus = async (runId: string, status: string): Promise<boolean> => (await find(runId)).status === status;
  const last = async (): Promise<MessageRecord | undefined> => (await client.messages(chatId)).at(-1);
  const runWith = async (status: string): Promise<string> => {
    let id: string | undefined;
    await until(async () => {
      const { items } = await client.json<{ items: { id: string }[] }>('GET', `/chats/${chatId}/runs?status=${status}`);
      id = items[0]?.id;
      return id !== undefined;
    });
    return id ?? '';
  };
  const activeRun = (): Promise<string> => runWith('running');
  /** Waits until so many instances say that they follow the run. */
  const isFollowedBy = (instances: number, runId: string): Promise<void> =>
    until(async () => {
      const text = 'SELECT 1 FROM duo_runs, jsonb_object_keys(followed_by) WHERE id = $1';
      return (await query(text, runId)).length === instances;
    });
  /** Asks, and hangs up by the signal. */
  const ask = (url: string, accept: string, body: object, signal: AbortSignal): Promise<Response> =>
    fetch(`${url}/chats/${chatId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      signal,
    });
  const stream = (content: string, more: object, signal: AbortSignal): Promise<Response> =>
    ask(server.url, 'text/event-stream', { content, ...more }, signal);

  it('closes the upstream within 200 ms, and answers the ask with its text so far', async () => {
    server.sandbox.fault({ fault: 'stream-stall' });
    const asking = post('Hello');
    await until(() => server.sandbox.calls.openStreams === 1);
    const runId = await activeRun();
    await until(async () => (await query('SELECT 1 FROM duo_run_events WHERE run_id = $1', runId)).length > 0);
    const from = performance.now();
    const cancelled = await cancel(runId);
    expect([cancelled.status, cancelled.body]).toMatchObject([202, { id: runId }]);
    await until(() => server.sandbox.calls.openStreams === 0);
    expect(performance.now() - from).toBeLessThan(200);
    const answer = await asking;
    expect([answer.status, answer.body]).toMatchObject([201, { status: 'cancelled', runId }]);
    expect((answer.body as { text: string }).text).not.toBe('');
    expect(await find(runId)).toMatchObject({
      status: 'cancelled',
      answerMessageId: (answer.body as { id: string }).id,
    });
    expect((await cancel(runId)).body).toMatchObject({ status: 'cancelled' });
    const next = await post('And now?');
    expect(next.body).toMatchObject({ status: 'complete' });
    expect((await cancel(runId)).status).toBe(202);
    expect(await last()).toMatchObject({ status: 'complete' });
  });

  it('stores no message of a run that was cancelled before its first word', async () => {
    server.sandbox.fault({ fault: 'gateway-hang' });
    const asking = post('Hello');
    const runId = await activeRun();
    await cancel(runId);
    expect((await asking).body).toMatchObject({ status: 409, code: 'run_cancelled', runId });
    expect(await client.messages(chatId)).toMatchObject([{ role: 'user' }]);
    expect(await find(runId)).toMatchObject({ status: 'cancelled', answerMessageId: null, error: null });
  });

  it('cancels in the pause before a retry', async () => {
    server.sandbox.fault({ fault: 'gateway-rate-limit-retry-after', times: 3 });
    const runId = await begin('Hello');
    await until(() => server.sandbox.calls.requests['anthropic-messages'] === 1);
    await cancel(runId);
    await until(() => hasStatus(runId, 'cancelled'), 1_000);
    expect(server.sandbox.calls.requests['anthropic-messages']).toBe(1);
  });

  it('tells a tool that runs, and leaves a chat that can be asked', async () => {
    const runId = await begin('call wait {}');
    await until(
      async () =>
        (await query(`SELECT 1 FROM duo_tool_calls WHERE run_id = $1 AND status = 'running'`, runId)).length > 0,
    );
    await cancel(runId);
    await until(() => hasStatus(runId, 'cancelled'), 1_000);
    expect(stopped).toBeDefined();
    expect((await post('And now?')).status).toBe(201);
  });

  it('denies the calls of a parked run, with the reason', async () => {
    const runId = await begin('call pay {}');
    await until(() => hasStatus(runId, 'awaiting_approval'));
    expect((await cancel(runId)).body).toMatchObject({ status: 'cancelled' });
    const calls = await query('SELECT status, reason FROM duo_tool_calls WHERE run_id = $1', runId);
    expect(calls).toEqual([{ status: 'denied', reason: 'The run was cancelled.' }]);
    expect(await client.json('GET', `/chats/${chatId}/tool-calls`)).toMatchObject({ items: [] });
    const events: unknown[] = [];
    const response = await fetch(`${server.url}/chats/${chatId}/runs/${runId}/events`);
    for await (const { type, data } of readEvents(response)) {
      if (type === 'run-end') events.push(data.status);
      if (type === 'tool-result') events.push(data.content);
    }
    const denial = { denied: true, reason: 'The run was cancelled.' };
    expect(events).toEqual(['awaiting_approval', denial, 'cancelled']);
    expect((await post('Never mind')).status).toBe(201);
    const results = await query(
      "SELECT parts->0->'content' AS content FROM messages WHERE run_id = $1 AND role = 'tool'",
      runId,
    );
    expect(results).toContainEqual({ content: denial });
  });

  it('cancels a run that waits for its turn', async () => {
    server.sandbox.fault({ fault: 'stream-stall' });
    const first = await begin('One');
    const asking = post('Two', { whenBusy: 'enqueue' });
    const second = await runWith('queued');
    expect((await cancel(second)).body).toMatchObject({ status: 'cancelled', position: null, startedAt: null });
    expect((await asking).body).toMatchObject({ code: 'run_cancelled', runId: second });
    await cancel(first);
    await until(() => hasStatus(first, 'cancelled'));
    expect((await client.messages(chatId)).filter(({ role }) => role === 'user')).toHaveLength(1);
  });

  it('finds no run of another chat', async () => {
    const runId = (await post('Hello')).get('x-run-id') ?? '';
    const other = await client.createChat();
    const url = (run: string): string => `/chats/${other}/runs/${run}/cancel`;
    expect((await client.send('POST', url(runId))).body).toMatchObject({ status: 404, code: 'run_not_found' });
    expect((await client.send('POST', url(other))).body).toMatchObject({ status: 404, code: 'run_not_found' });
  });

  it('cancels a run whose asker disconnects, where that was asked for and nothing else follows the run', async () => {
    server.sandbox.fault({ fault: 'stream-stall', times: 3 });
    const lonely = new AbortController();
    await expectFirstText(await stream('One', { onDisconnect: 'cancel' }, lonely.signal));
    const first = await activeRun();
    lonely.abort();
    await until(() => hasStatus(first, 'cancelled'), 2_000);

    const followed = new AbortController();
    await expectFirstText(await stream('Two', { onDisconnect: 'cancel' }, followed.signal));
    const second = await activeRun();
    const reader = new AbortController();
    await fetch(`${server.url}/chats/${chatId}/runs/${second}/events`, { signal: reader.signal });
    followed.abort();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await hasStatus(second, 'running')).toBe(true);
    reader.abort();
    await cancel(second);
    await until(() => hasStatus(second, 'cancelled'));

    const waiting = new AbortController();
    const body = { content: 'Three', onDisconnect: 'cancel' };
    const asking = ask(server.url, 'application/json', body, waiting.signal).catch(() => undefined);
    const third = await activeRun();
    waiting.abort();
    await asking;
    await until(() => hasStatus(third, 'cancelled'), 2_000);
  });

  describe.each(['application/json', 'text/event-stream'])('Accept: %s', (accept) => {
    const queued = { content: 'Two', whenBusy: 'enqueue', onDisconnect: 'cancel' };
    const asks = (url: string) => {
      const leaving = new AbortController();
      const reading = ask(url, accept, queued, leaving.signal)
        .then((response) => response.text())
        .catch(() => undefined);
      return async (): Promise<void> => {
        leaving.abort();
        await reading;
      };
    };

    it.each(['the same', 'another'])('cancels a queued run whose asker disconnects from %s instance', async (place) => {
      server.sandbox.fault({ fault: 'stream-stall' });
      const first = await begin('One');
      const leave = asks(place === 'another' ? there.url : server.url);
      const second = await runWith('queued');
      await isFollowedBy(1, second);
      await leave();
      await until(() => hasStatus(second, 'cancelled'), 2_000);
      expect(await hasStatus(first, 'running')).toBe(true);
      await cancel(first);
      await until(() => hasStatus(first, 'cancelled'));
    });

    it.each(['the same', 'another'])(
      'cancels a run that was queued, on %s instance as its asker, who disconnects once it works',
      async (place) => {
        server.sandbox.fault({ fault: 'stream-stall', times: 2 });
        const first = await begin('One');
        const leave = asks(place === 'another' ? there.url : server.url);
        const second = await runWith('queued');
        await isFollowedBy(1, second);
        await cancel(first);
        await until(() => hasStatus(second, 'running'));
        await leave();
        await until(() => hasStatus(second, 'cancelled'), 2_000);
      },
    );

    it('leaves a run that was queued to those who follow it where it works', async () => {
      server.sandbox.fault({ fault: 'stream-stall', times: 2 });
      const first = await begin('One');
      const leave = asks(there.url);
      const second = await runWith('queued');
      await cancel(first);
      await until(() => hasStatus(second, 'running'));
      const reader = new AbortController();
      await fetch(`${server.url}/chats/${chatId}/runs/${second}/events`, { signal: reader.signal });
      await isFollowedBy(2, second);
      await leave();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await hasStatus(second, 'running')).toBe(true);
      reader.abort();
      await cancel(second);
      await until(() => hasStatus(second, 'cancelled'));
    });
  });

  async function expectFirstText(response: Response): Promise<void> {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    for (let text = ''; !text.includes('event: text-delta');) {
      const { value } = await reader.read();
      text += new TextDecoder().decode(value);
    }
  }
});
