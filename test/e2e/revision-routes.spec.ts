import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { historyHash } from '../../src/sandbox/index.js';
import { type MessageRecord } from '../../src/messages/message.interface.js';
import { readEvents } from './support/event-reader.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { StatementLog } from './support/statement-log.js';
import { PLATFORMS } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

describe.each(PLATFORMS)('Messages that are edited, answered again or deleted over HTTP, on %s', (platform) => {
  const server = useTestServer({ platform });
  let client: HttpClient;
  let chatId: string;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(async () => {
    server.sandbox.reset();
    chatId = await client.createChat();
    await client.ask(chatId, 'One');
    await client.ask(chatId, 'Two');
  });

  const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    client.send(method, `/chats/${chatId}/messages/${path}`, body, headers);
  const all = async (): Promise<MessageRecord[]> =>
    (await client.json<{ items: MessageRecord[] }>('GET', `/chats/${chatId}/messages?include=superseded`)).items;
  const contents = async (): Promise<string[]> =>
    (await client.messages(chatId)).flatMap(({ role, text }) => (role === 'user' ? [text] : []));
  const code = ({ status, body }: HttpAnswer) => [status, (body as { code?: string }).code];

  it('answers again with what the model is to see, and lists what is superseded on request', async () => {
    const [question, first] = (await client.messages(chatId)) as [MessageRecord, MessageRecord];
    const again = await send('POST', `${first.id}/regenerate`, { model: 'duo-chat-gpt-5-1' });
    expect([again.status, again.body]).toMatchObject([201, { role: 'assistant', model: 'duo-chat-gpt-5-1' }]);
    expect((again.body as MessageRecord).text).toContain(historyHash([question]));
    const messages = await client.messages(chatId);
    expect(messages.map(({ id }) => id)).toEqual([question.id, (again.body as MessageRecord).id]);
    const superseded = (await all()).filter(({ supersededAt }) => supersededAt !== undefined);
    expect(superseded.map(({ text, role }) => role === 'user' && text)).toEqual([false, 'Two', false]);
    expect(superseded[0]?.supersededAt).toMatch(/^\d{4}-.*Z$/);
    expect(code(await client.send('GET', `/chats/${chatId}/messages?include=all`))).toEqual([400, 'validation_failed']);
  });

  it('edits a question as JSON, as events, and as a run to come back for', async () => {
    const [question] = (await client.messages(chatId)) as [MessageRecord];
    const edited = await send('PUT', question.id, { content: 'Three' });
    expect([edited.status, edited.body]).toMatchObject([201, { role: 'assistant', status: 'complete' }]);
    expect(await contents()).toEqual(['Three']);

    const [third] = (await client.messages(chatId)) as [MessageRecord];
    const stream = await fetch(`${server.url}/chats/${chatId}/messages/${third.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ content: 'Four' }),
    });
    expect(stream.status).toBe(200);
    const types: unknown[] = [];
    for await (const { type } of readEvents(stream)) types.push(type);
    expect([types[0], types.at(-1)]).toEqual(['run-start', 'run-end']);

    const [fourth] = (await client.messages(chatId)) as [MessageRecord];
    const async = { prefer: 'respond-async' };
    for (const accepted of [
      await send('PUT', fourth.id, { content: 'Five', whenBusy: 'enqueue' }, async),
      await send('POST', `${(await client.messages(chatId))[0]?.id}/regenerate`, { whenBusy: 'enqueue' }, async),
    ]) {
      expect(accepted.status).toBe(202);
      const { id } = accepted.body as { id: string };
      expect(accepted.get('location')).toBe(`/chats/${chatId}/runs/${id}`);
      const events = await fetch(`${server.url}${accepted.get('location')}/events`);
      for await (const { type } of readEvents(events)) if (type === 'run-end') break;
    }
    expect(await contents()).toEqual(['Five']);
  });

  it('replays a revision by its key, and knows the route and the message of a key', async () => {
    const [question] = (await client.messages(chatId)) as [MessageRecord];
    const headers = { 'idempotency-key': 'k' };
    const first = await send('PUT', question.id, { content: 'Three' }, headers);
    const again = await send('PUT', question.id, { content: 'Three' }, headers);
    expect([again.status, again.get('idempotent-replayed'), again.body]).toEqual([201, 'true', first.body]);
    const third = (await client.messages(chatId))[0]?.id ?? '';
    const others = [
      send('PUT', third, { content: 'Three' }, headers),
      send('POST', `${third}/regenerate`, {}, headers),
      client.send('POST', `/chats/${chatId}/messages`, { content: 'Three' }, headers),
    ];
    for (const other of await Promise.all(others)) expect(code(other)).toEqual([422, 'idempotency_key_reused']);
    expect(await contents()).toEqual(['Three']);
  });

  it('deletes a message, and refuses what is not there or of another role', async () => {
    const [one, first, two] = (await client.messages(chatId)) as [MessageRecord, MessageRecord, MessageRecord];
    const deleted = await send('DELETE', first.id);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect(await contents()).toEqual(['One', 'Two']);
    expect(code(await send('DELETE', first.id))).toEqual([404, 'message_not_found']);
    expect(code(await send('POST', `${first.id}/regenerate`))).toEqual([404, 'message_not_found']);
    expect(code(await send('PUT', first.id, { content: 'x' }))).toEqual([404, 'message_not_found']);
    expect(code(await send('DELETE', 'nothing'))).toEqual([404, 'message_not_found']);
    const second = (await client.messages(chatId)).at(-1)?.id ?? '';
    expect(code(await send('PUT', second, { content: 'x' }))).toEqual([422, 'wrong_message_role']);
    expect(code(await send('PUT', one.id, {}))).toEqual([400, 'validation_failed']);
    const answer = await client.ask(chatId, 'Three');
    expect(answer.text).toContain(historyHash((await client.messages(chatId)).slice(0, -1)));
    const other = await client.createChat();
    const elsewhere = await client.send('DELETE', `/chats/${other}/messages/${two.id}`);
    expect(code(elsewhere)).toEqual([404, 'message_not_found']);
  });

  it('begins a revision in one round trip', async () => {
    const last = (await client.messages(chatId)).at(-1)?.id ?? '';
    const log = new StatementLog();
    try {
      await send('POST', `${last}/regenerate`);
      expect(log.take()).toHaveLength(2);
    } finally {
      log.stop();
    }
  });
});
