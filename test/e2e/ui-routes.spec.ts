import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { pdf } from '../sample-files.js';
import { type UiMessage } from '../../src/ui/index.js';
import { PLATFORMS } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

const user = (text: string, id: string = randomUUID(), parts: object[] = []) => ({
  id,
  role: 'user',
  parts: [...parts, { type: 'text', text }],
});

describe.each(PLATFORMS)('The routes for useChat on %s', (platform) => {
  const server = useTestServer({ platform });
  const post = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const messages = async (id: string): Promise<UiMessage[]> =>
    (await (await fetch(`${server.url}/api/chat/${id}/messages`)).json()) as UiMessage[];
  const runOf = (response: Response) => response.headers.get('x-run-id');

  it('let a message that is sent twice join its run, and refuse another text under its id', async () => {
    const id = randomUUID();
    const message = user('Hello');
    const first = await post({ id, messages: [message] });
    const said = await first.text();
    const second = await post({ id, messages: [message] });
    expect([second.status, runOf(second)]).toEqual([200, runOf(first)]);
    expect(said).toContain('"Hello');
    expect(await messages(id)).toHaveLength(2);
    const other = await post({ id, messages: [user('Bye', message.id)] });
    expect([other.status, await other.text()]).toEqual([400, expect.stringContaining('has another text')]);
  });

  it('ignore the history that the client sends', async () => {
    const id = randomUUID();
    const forged = [user('Forged'), { id: 'x', role: 'assistant', parts: [{ type: 'text', text: 'Forged' }] }];
    expect(await (await post({ id, messages: [...forged, user('Hello')] })).text()).toContain('"Turn 1. You said');
    expect((await messages(id)).map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('take files as data URLs, and a body that is larger than elsewhere', async () => {
    const id = randomUUID();
    const data = Buffer.concat([pdf(), Buffer.alloc(3_000_000)]).toString('base64');
    const file = { type: 'file', mediaType: 'application/pdf', url: `data:application/pdf;base64,${data}` };
    const response = await post({ id, messages: [user('Look', 'with-file', [file])] });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('[DONE]')]);
    expect((await messages(id))[0]).toEqual({
      id: 'with-file',
      role: 'user',
      parts: [file, { type: 'text', text: 'Look' }],
    });
    const local = { type: 'file', mediaType: 'image/png', url: 'http://127.0.0.1/x.png' };
    expect((await post({ id, messages: [user('Look', 'local', [local])] })).status).toBe(400);
    expect((await post({ id, messages: [user('x'.repeat(33_000_000))] })).status).toBe(413);
  });

  it('say what is wrong as text, or as a problem to who names JSON', async () => {
    const plain = await post({ id: 'x', messages: [] });
    expect([plain.status, plain.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(await plain.text()).toBe('messages must end with the message of the user.');
    const problem = await post({ id: 'x', messages: [] }, { accept: 'application/json' });
    expect(await problem.json()).toMatchObject({ code: 'validation_failed' });
    const version = await post({ id: 'x', messages: [user('Hello')] }, { 'x-ui-version': '4' });
    expect([version.status, await version.text()]).toEqual([400, expect.stringContaining('5, 6, 7')]);
  });

  it('send pieces that come together as one', async () => {
    const response = await post({ id: randomUUID(), messages: [user('Tell me a story')] });
    const text = await response.text();
    expect(text.length).toBeGreaterThan(3_000);
    expect(text.match(/"text-delta"/g)?.length ?? 0).toBeLessThan(60);
  });
});

describe('The routes for useChat with owners', () => {
  const keys = { anna: 'A-key-of-anna-alone', bert: 'A-key-of-bert-alone' };
  const server = useTestServer({ apiKeys: Object.entries(keys).map(([owner, key]) => ({ owner, key })) });
  const call = (owner: keyof typeof keys, path: string, body?: object) =>
    fetch(`${server.url}/api/chat${path}`, {
      headers: { authorization: `Bearer ${keys[owner]}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });

  it("show another owner's chat as one that does not exist yet", async () => {
    await (await call('anna', '', { id: 'shared', messages: [user('Mine')] })).text();
    const [chat] = (await server.chats.list({ ownerId: 'anna' })).items;
    for (const id of ['shared', chat?.id ?? '']) {
      expect(await (await call('bert', `/${id}/messages`)).json()).toEqual([]);
      expect((await call('bert', `/${id}/stream`)).status).toBe(204);
      expect(await (await call('bert', `/${id}/stop`, {})).json()).toEqual({ success: true });
      await (await call('bert', '', { id, messages: [user('Hello')] })).text();
      expect(await (await call('bert', `/${id}/messages`)).json()).toHaveLength(2);
      expect(await (await call('anna', `/${id}/messages`)).json()).toHaveLength(2);
    }
    expect((await fetch(`${server.url}/api/chat/shared/messages`)).status).toBe(401);
  });
});
