import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Chat, DuoChatService, DuoRouterService, DuoService, type FilePart } from '../../src/index.js';
import { filePart, imagePart, pdfPart } from '../sample-files.js';
import { HttpClient } from './support/http-client.js';
import { useTestServer } from './support/use-test-host.js';

const server = useTestServer({});
let client: HttpClient;
let chats: DuoChatService<Chat>;
let duo: DuoService;

beforeAll(() => {
  client = new HttpClient(server.url);
  chats = server.app.get(DuoChatService);
  duo = server.app.get(DuoService);
});
beforeEach(() => {
  server.sandbox.reset();
});

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
      said: () => chats.ref(id).addMessage({ role: 'user', content: 'Look', attachments }),
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

  it('accepts a file whose content matches its type', async () => {
    const { outcome, stored } = await say(imagePart([2_000, 2_000], 'a.jpg', 'image/jpeg'));
    expect(outcome).toBe('said');
    expect(stored[0]).toMatchObject({ role: 'user', parts: [{ type: 'file', filename: 'a.jpg' }, { type: 'text' }] });
  });
});

/** Asks of a new chat that talks to one model, in memory, persisted and over HTTP, and what the chat holds then. */
const asks = {
  'a chat in memory': async (model: string) => {
    const chat = duo.chat({ model });
    return Promise.resolve({
      ask: (content: string, attachments?: FilePart[], other?: string) =>
        chat.ask(content, { attachments, model: other }),
      messages: () => Promise.resolve(chat.messages),
    });
  },
  'a persisted chat': async (model: string) => {
    const { id } = await chats.create({ model });
    return {
      ask: (content: string, attachments?: FilePart[], other?: string) =>
        chats.ref(id).ask(content, { attachments, model: other }),
      messages: async () => (await chats.messages(id)).items,
    };
  },
  'a chat over HTTP': async (model: string) => {
    const id = await client.createChat({ model });
    return {
      ask: async (content: string, files: FilePart[] = [], other?: string) => {
        const attachments = files.map(({ type: _type, ...attachment }) => attachment);
        const body = { content, attachments, ...(other && { model: other }) };
        const response = await client.send('POST', `/chats/${id}/messages`, body);
        const said = response.body as { code?: string; detail?: string };
        if (response.ok) return said;
        throw Object.assign(new Error(said.detail), { code: said.code, status: response.status });
      },
      messages: () => client.messages(id),
    };
  },
};

const CLAUDE = 'duo-chat-sonnet-4-6';
const APIS = {
  [CLAUDE]: 'anthropic-messages',
  'duo-chat-gpt-5-1': 'openai-chat',
  'duo-chat-gpt-5-codex': 'openai-responses',
} as const;
const lastRequest = (api: (typeof APIS)[keyof typeof APIS]) =>
  JSON.stringify(server.sandbox.calls.lastRequests[api]?.body);

describe.each(Object.entries(asks))('%s', (way, open) => {
  it.each<[string, string, FilePart[], string]>([
    ['sides that Claude does not take', CLAUDE, [imagePart([9_000, 10], 'wide.png')], 'it is 9000 × 10 pixels'],
    ['a PDF for a model that reads none', 'duo-chat-gpt-5-1', [pdfPart('a.pdf')], 'the model reads no PDF documents'],
    ['a PDF for another such model', 'duo-chat-gpt-5-codex', [pdfPart('a.pdf')], 'the model reads no PDF documents'],
  ])('refuses %s, which another model accepts, before it is stored', async (_name, model, files, reason) => {
    const chat = await open(model);
    const refusal = {
      code: 'validation_failed',
      message: expect.stringContaining(`does not go to ${model}: ${reason}`),
      ...(way.includes('HTTP') && { status: 400 }),
    };
    await expect(chat.ask('Look', files)).rejects.toMatchObject(refusal);
    expect(await chat.messages()).toEqual([]);
    await chat.ask('Look', files, 'duo-chat-gpt-5-6-sol');
    expect(lastRequest('openai-responses')).toContain(files[0]?.data);
    await expect(chat.ask('Look', files)).rejects.toMatchObject(refusal);
    expect(await chat.messages()).toHaveLength(2);
  });

  it.each(Object.entries(APIS))(
    'continues with %s, with a note instead of a file that it does not accept',
    async (model, api) => {
      const chat = await open('duo-chat-gpt-5-6-sol');
      await chat.ask('Look', [imagePart([9_000, 10], 'wide.png'), pdfPart('a.pdf')]);
      server.sandbox.reset();
      await chat.ask('And now?', [], model);
      await chat.ask('And now?', [], model);
      expect(lastRequest(api)).toContain(
        model === CLAUDE
          ? '[image wide.png left out: it is 9000 × 10 pixels, and no side may have more than 8000]'
          : '[document a.pdf left out: the model reads no PDF documents]',
      );
      expect(server.sandbox.calls.requests[api]).toBe(2);
      expect(await chat.messages()).toMatchObject([
        { parts: [{ type: 'file', filename: 'wide.png' }, { type: 'file', filename: 'a.pdf' }, { type: 'text' }] },
        {},
        {},
        {},
        {},
        {},
      ]);
    },
  );

  // The limit of 2,000 pixels holds as soon as a request has more than 20 images, those of earlier turns included.
  it('continues after 20 images with large ones among them', async () => {
    const chat = await open(CLAUDE);
    const large = imagePart([2_500, 10], 'large.png');
    for (const files of [
      [large],
      Array.from({ length: 15 }, () => imagePart()),
      [large, imagePart(), imagePart(), imagePart()],
    ]) {
      await chat.ask('Look', files);
    }
    expect(lastRequest('anthropic-messages')).not.toContain('left out');
    await chat.ask('Look', [large, imagePart()]);
    const request = lastRequest('anthropic-messages');
    const note =
      '[image large.png left out: it is 2500 × 10 pixels, and with more than 20 images no side may have more than 2000]';
    expect(request.split(note)).toHaveLength(3);
    expect(request.split(large.data)).toHaveLength(2);
    expect(server.sandbox.calls.requests['anthropic-messages']).toBe(4);
  });
});

it.each(['assistant', 'system'] as const)(
  'refuses a file in a message with the role %s, which no vendor accepts',
  async (role) => {
    const message = { role, content: 'Look', attachments: [imagePart()] };
    const [memory, { id }] = [duo.chat(), await chats.create()];
    const refusal = { code: 'validation_failed', message: expect.stringContaining('only users send files') };
    await expect(memory.addMessage(message)).rejects.toMatchObject(refusal);
    await expect(chats.ref(id).addMessage(message)).rejects.toMatchObject(refusal);
    expect([memory.messages, (await chats.messages(id)).items]).toEqual([[], []]);
  },
);

it('keeps only the fields of a file, and does not modify the given object', async () => {
  const chat = duo.chat();
  const given = { ...imagePart([1, 1], 'a\0.png'), mediaType: 'image/PNG', secret: 'x' };
  await chat.ask('Look', { attachments: [given, given] });
  const stored = { ...imagePart([1, 1], 'a.png') };
  expect(chat.messages[0]?.parts).toEqual([stored, stored, { type: 'text', text: 'Look' }]);
  expect(given.secret).toBe('x');
});

it('refuses files in a routed request that no vendor can read', async () => {
  const router = server.app.get(DuoRouterService);
  const parts = [{ ...imagePart(), mediaType: 'image/gif' }];
  const step = router.stream({ model: 'duo-chat-haiku-4-5', messages: [{ role: 'user', parts }] });
  await expect(step.next()).rejects.toMatchObject({ code: 'validation_failed' });
});
