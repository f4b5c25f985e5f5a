import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Chat, DuoChatService, DuoRouterService, DuoService, type FilePart } from '../../src/index.js';
import { filePart, imagePart } from '../sample-files.js';
import { HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let client: HttpClient;
let chats: DuoChatService<Chat>;
let duo: DuoService;

beforeAll(async () => {
  server = await startTestServer({});
  client = new HttpClient(server.url);
  chats = server.app.get(DuoChatService);
  duo = server.app.get(DuoService);
});
beforeEach(() => {
  server.sandbox.reset();
});
afterAll(() => server.close());

/** Says a file to a chat in each way that there is, and what the chat holds then. */
const ways: Record<
  string,
  (files: FilePart[]) => Promise<{ said: () => Promise<unknown>; stored: () => Promise<unknown[]> }>
> = {
  'ask() of a chat in memory': (attachments) => {
    const chat = duo.chat();
    return Promise.resolve({
      said: () => chat.ask('Look', { attachments }),
      stored: () => Promise.resolve([...chat.messages]),
    });
  },
  'addMessage() of a chat in memory': (attachments) => {
    const chat = duo.chat();
    return Promise.resolve({
      said: () => chat.addMessage({ role: 'user', content: 'Look', attachments }),
      stored: () => Promise.resolve([...chat.messages]),
    });
  },
  'ask() of a persisted chat': async (attachments) => {
    const chat = await chats.create();
    return {
      said: () => chat.ask('Look', { attachments }),
      stored: async () => (await chats.messages(chat.id)).items,
    };
  },
  'addMessage() by id': async (attachments) => {
    const { id } = await chats.create();
    return {
      said: () => chats.addMessage(id, { role: 'user', content: 'Look', attachments }),
      stored: async () => (await chats.messages(id)).items,
    };
  },
  HTTP: async (files) => {
    const id = await client.createChat();
    const attachments = files.map(({ type: _type, ...attachment }) => attachment);
    return {
      said: async () => {
        const response = await client.send('POST', `/chats/${id}/messages`, { content: 'Look', attachments });
        const body = response.body as { code?: string; detail?: string };
        if (!response.ok) throw Object.assign(new Error(body.detail), { code: body.code, status: response.status });
      },
      stored: () => client.messages(id),
    };
  },
};

describe.each(Object.keys(ways))('%s', (way) => {
  const say = async (...files: FilePart[]) => {
    const { said, stored } = (await ways[way]?.(files)) ?? {
      said: () => Promise.resolve(),
      stored: () => Promise.resolve([]),
    };
    const outcome: unknown = await said().then(
      () => 'said',
      (error: unknown) => error,
    );
    return { outcome, stored: await stored() };
  };

  it.each<[string, FilePart, string]>([
    ['is of another type than it says', { ...imagePart(), mediaType: 'image/jpeg' }, 'its content is image/png'],
    ['is a page for an image', filePart('image/png', Buffer.from('<html>404</html>')), 'does not begin like one'],
    ['is no PDF document', filePart('application/pdf', Buffer.from('Chapter one')), 'does not begin like one'],
    ['breaks off in its header', { ...imagePart(), data: imagePart().data.slice(0, 16) }, 'cut off or damaged'],
  ])('refuses a file that %s before it is stored', async (_name, file, reason) => {
    const { outcome, stored } = await say(imagePart(), file);
    expect(outcome).toMatchObject({ code: 'validation_failed', message: expect.stringContaining(reason) });
    if (way === 'HTTP') expect(outcome).toMatchObject({ status: 400 });
    expect(stored).toEqual([]);
    expect(server.sandbox.calls.requests['anthropic-messages']).toBe(0);
  });

  it('takes a file that is what it says', async () => {
    const { outcome, stored } = await say(imagePart([2_000, 2_000], 'a.jpg', 'image/jpeg'));
    expect(outcome).toBe('said');
    expect(stored[0]).toMatchObject({ role: 'user', parts: [{ type: 'file', filename: 'a.jpg' }, { type: 'text' }] });
  });
});

it('refuses files in a routed request that no vendor can read', async () => {
  const router = server.app.get(DuoRouterService);
  const parts = [{ ...imagePart(), mediaType: 'image/gif' }];
  const step = router.stream({ model: 'duo-chat-haiku-4-5', messages: [{ role: 'user', parts }] });
  await expect(step.next()).rejects.toMatchObject({ code: 'validation_failed' });
});
