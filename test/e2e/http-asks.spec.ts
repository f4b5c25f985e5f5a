import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { historyHash } from '../../src/sandbox/index.js';
import { readEvents } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { startTestServer } from './support/test-server.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const APIS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'];

describe('Asking over HTTP', () => {
  const server = useTestServer();
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(() => {
    server.sandbox.reset();
  });

  it.each(APIS)('replays ten turns exactly on %s', async (model) => {
    const chatId = await client.createChat({ model, instructions: 'Be brief.' });
    for (let turn = 1; turn <= 10; turn += 1) {
      const answer = await client.ask(chatId, `Question ${turn}?`);
      const history = (await client.messages(chatId)).slice(0, -1);
      expect(answer).toMatchObject({
        role: 'assistant',
        status: 'complete',
        seq: turn * 2,
        model,
        finishReason: 'stop',
      });
      expect(answer.text).toBe(`Turn ${turn}. You said: "Question ${turn}?". History: ${historyHash(history)}.`);
    }
  });

  it('replays exactly when the model changes at every turn', async () => {
    const chatId = await client.createChat();
    for (const model of [...APIS, ...APIS]) {
      const answer = await client.ask(chatId, `I ask ${model}`, model);
      expect(answer.model).toBe(model);
      expect(answer.text).toContain(historyHash((await client.messages(chatId)).slice(0, -1)));
    }
    expect(await client.json('GET', `/chats/${chatId}`)).toMatchObject({ model: 'duo-chat-sonnet-4-6' });
  });

  it('answers a message as JSON with its usage and its run', async () => {
    const chatId = await client.createChat();
    const response = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
    const answer = response.body as Record<string, unknown>;
    expect(response.status).toBe(201);
    expect(response.get('x-run-id')).toBe(answer.runId);
    expect(Object.keys(answer).sort()).toEqual(
      'chatId,createdAt,finishDetail,finishReason,id,model,parts,role,runId,seq,status,text,usage'.split(','),
    );
    expect(answer.usage).toMatchObject({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) });
    expect(answer.parts).toEqual([{ type: 'text', text: answer.text }]);
    const stored = await client.messages(chatId);
    const { usage: _usage, ...message } = answer;
    expect(stored.at(-1)).toEqual(message);
  });

  it('streams a run as numbered events that add up to the stored message', async () => {
    const chatId = await client.createChat();
    const events = await client.events(chatId, 'Hello');
    const runId = events[0]?.data.runId as string;
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => `${runId}:${index}`));
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['run-start', 'message-start']);
    expect(types.slice(-2)).toEqual(['message-end', 'run-end']);
    expect(new Set(types.slice(2, -2))).toEqual(new Set(['text-delta']));
    const [user, stored] = await client.messages(chatId);
    const text = events.map(({ type, data }) => (type === 'text-delta' ? (data.text as string) : '')).join('');
    expect(text).toBe(stored?.text);
    expect(events[0]?.data).toEqual({ runId, chatId, userMessageId: user?.id });
    expect(events[1]?.data).toEqual({ messageId: stored?.id, role: 'assistant' });
    const { usage } = events.at(-2)?.data ?? {};
    expect(events.at(-2)?.data).toEqual({ message: { ...stored, usage }, usage, finishReason: 'stop' });
    expect(events.at(-1)?.data).toMatchObject({ status: 'completed', usage: events.at(-2)?.data.usage });
  });

  it('sends each piece as soon as it arrives', async () => {
    const slow = await startTestServer({ chunkDelayMs: 60_000 });
    try {
      const quick = new HttpClient(slow.url);
      const hangUp = new AbortController();
      const response = await quick.openEvents(await quick.createChat(), 'one two three', hangUp.signal);
      const types: unknown[] = [];
      for await (const { type } of readEvents(response)) if (types.push(type) === 3) break;
      hangUp.abort();
      expect(types).toEqual(['run-start', 'message-start', 'text-delta']);
    } finally {
      await slow.close();
    }
  });

  it('continues when the client disconnects', async () => {
    const slow = await startTestServer({ chunkDelayMs: 40 });
    try {
      const leaving = new HttpClient(slow.url);
      const chatId = await leaving.createChat();
      const hangUp = new AbortController();
      const response = await leaving.openEvents(
        chatId,
        'Say something long enough to leave in the middle',
        hangUp.signal,
      );
      for await (const { type } of readEvents(response)) if (type === 'text-delta') break;
      hangUp.abort();
      await until(async () => (await leaving.messages(chatId)).length === 2);
      expect((await leaving.messages(chatId))[1]).toMatchObject({
        role: 'assistant',
        status: 'complete',
        finishReason: 'stop',
      });
    } finally {
      await slow.close();
    }
  });

  it('accepts one of fifty concurrent asks, and refuses the others as busy', async () => {
    const chatId = await client.createChat();
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_value, index) =>
        client.send('POST', `/chats/${chatId}/messages`, { content: `Ask ${index}` }),
      ),
    );
    const statuses = responses.map(({ status }) => status).sort();
    const messages = await client.messages(chatId);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_message, index) => index));
    // An ask that comes after the first one's end is let through too: never two at once.
    const through = statuses.filter((status) => status === 201).length;
    expect(messages).toHaveLength(2 * through);
    expect(statuses.filter((status) => status === 409)).toHaveLength(50 - through);
    const refused = responses.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'chat_busy', status: 409 });
  });

  it('replays fifty chats at once', async () => {
    await Promise.all(
      Array.from({ length: 50 }, async (_value, index) => {
        const chatId = await client.createChat({ model: APIS[index % 3] });
        for (let turn = 1; turn <= 3; turn += 1) {
          const answer = await client.ask(chatId, `Chat ${index}, turn ${turn}`);
          expect(answer.text).toContain(historyHash((await client.messages(chatId)).slice(0, -1)));
        }
      }),
    );
    expect(server.sandbox.calls.exchanges).toBeLessThanOrEqual(1);
  });

  it('keeps the error before the first event as the status of the response', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const response = await client.openEvents(chatId, 'Hello');
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'upstream_overloaded', status: 503 });
  });

  it('keeps the user message of a failed run, stores no empty answer, and answers it in a later completion', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'gateway-internal-error' });
    const failed = await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' });
    expect(failed.status).toBe(502);
    expect(failed.body).toMatchObject({
      code: 'upstream_error',
      requestId: failed.get('x-request-id'),
    });
    expect(await client.messages(chatId)).toMatchObject([{ role: 'user', text: 'Hello' }]);
    const response = await client.send('POST', `/chats/${chatId}/completions`);
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ text: expect.stringContaining('Turn 1. You said: "Hello"') });
  });

  it('keeps the text of a truncated answer as failed, and replaces it by a completion', async () => {
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'stream-reset', afterChunks: 3 });
    const events = await client.events(chatId, 'Hello');
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['message-end', 'error', 'run-end']);
    expect(events.at(-2)?.data).toMatchObject({ problem: { code: 'upstream_error', status: 502 } });
    expect(events.at(-1)?.data).toMatchObject({ status: 'failed' });
    const [user, partial] = await client.messages(chatId);
    expect(partial).toMatchObject({ role: 'assistant', status: 'failed', finishReason: null });
    expect(partial?.text.length).toBeGreaterThan(0);
    const answer = await client.json<{ text: string }>('POST', `/chats/${chatId}/completions`, {});
    expect(answer.text).toContain(historyHash([{ role: 'user', text: user?.text ?? '' }]));
    const next = await client.ask(chatId, 'And now?');
    expect(next.text).toContain(
      historyHash([
        { role: 'user', text: 'Hello' },
        { role: 'assistant', text: answer.text },
        { role: 'user', text: 'And now?' },
      ]),
    );
  });

  it('refuses a completion if no message waits for an answer', async () => {
    const chatId = await client.createChat();
    const empty = await client.send('POST', `/chats/${chatId}/completions`);
    expect([empty.status, empty.body]).toMatchObject([400, { code: 'validation_failed' }]);
    await client.ask(chatId, 'Hello');
    const answered = await client.send('POST', `/chats/${chatId}/completions`);
    expect(answered.status).toBe(400);
    expect(await client.ask(chatId, 'Again')).toMatchObject({ seq: 3 });
  });

  it('records each attempt in the ledger', async () => {
    const chatId = await client.createChat();
    const answer = await client.ask(chatId, 'Hello');
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    await client.send('POST', `/chats/${chatId}/messages`, { content: 'Again' });
    const rows: unknown[] = await server.database.query(
      'SELECT status, input_tokens, message_id, error_code, owner_id FROM duo_attempts WHERE chat_id = $1 ORDER BY created_at',
      [chatId],
    );
    expect(rows).toMatchObject([
      {
        status: 'succeeded',
        input_tokens: answer.usage.inputTokens,
        message_id: answer.id,
        error_code: null,
        owner_id: 'local',
      },
      { status: 'failed', message_id: null, error_code: 'upstream_overloaded' },
    ]);
  });
});
