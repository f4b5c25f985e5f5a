import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Chat, DuoChatService, DuoService, type FilePart, type Part } from '../../src/index.js';
import { brokenImage, imagePart, pdf, pdfPart } from '../sample-files.js';
import { HttpClient } from './support/http-client.js';
import { RunRows } from './support/run-rows.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const APIS = [
  ['duo-chat-sonnet-4-6', 'anthropic-messages', 'anthropic'],
  ['duo-chat-gpt-5-4', 'openai-chat', 'openai'],
  ['duo-chat-gpt-5-6-sol', 'openai-responses', 'openai'],
] as const;

let server: TestServer;
/** Another process on the same database, which has seen nothing of what the first one did. */
let later: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await startTestServer({});
  later = await startTestServer({ databaseUrl: () => server.databaseUrl });
  client = new HttpClient(server.url);
});
beforeEach(() => {
  server.sandbox.reset();
  later.sandbox.reset();
});
afterAll(async () => {
  await later.close();
  await server.close();
});

const chatsOf = ({ app }: TestServer): DuoChatService<Chat> => app.get<DuoChatService<Chat>>(DuoChatService);
const sentTo = ({ sandbox }: TestServer, api: (typeof APIS)[number][1]) =>
  JSON.stringify(sandbox.calls.lastRequests[api]);
const attempts = (chatId: string) => new RunRows(server.database).attempts(chatId);

/** Says something to a new chat in each way that there is, and what the chat holds then. */
const ways = {
  'A chat in memory': (model: string) => {
    const chat = server.app.get(DuoService).chat({ model });
    return Promise.resolve({
      ask: async (content: string, attachments: FilePart[] = []): Promise<unknown> =>
        chat.ask(content, { attachments }),
      messages: () => Promise.resolve(chat.messages),
    });
  },
  'A persisted chat': async (model: string) => {
    const { id } = await chatsOf(server).create({ model });
    return {
      ask: async (content: string, attachments: FilePart[] = []): Promise<unknown> =>
        chatsOf(server).ref(id).ask(content, { attachments }),
      messages: async () => (await chatsOf(server).messages(id)).items,
    };
  },
  'A chat over HTTP': async (model: string) => {
    const id = await client.createChat({ model });
    return {
      ask: async (content: string, files: FilePart[] = []): Promise<unknown> => {
        const attachments = files.map(({ type: _type, ...attachment }) => attachment);
        return client.json('POST', `/chats/${id}/messages`, { content, attachments });
      },
      messages: () => client.messages(id),
    };
  },
};

const marksOf = (parts: readonly Part[] = []) => parts.map(({ rejected }) => Object.keys(rejected ?? {}).join());

describe.each(Object.entries(ways))('%s', (_way, open) => {
  // The head of the image is whole: only who decodes it sees that it is cut off. No API says which image that is.
  it.each(APIS)('leaves out the one image that %s cannot read, and continues', async (model, api, vendor) => {
    const chat = await open(model);
    const good = imagePart([2, 2], 'good.png');
    const broken = brokenImage('broken.png');
    await chat.ask('Look', [good]);
    await chat.ask('And here?', [broken]);
    expect(server.sandbox.calls.requests[api]).toBe(3);
    expect(sentTo(server, api)).toContain("[image broken.png left out: the model's vendor refused it (");
    await chat.ask('And now?');
    expect(server.sandbox.calls.requests[api]).toBe(4);
    expect(sentTo(server, api)).toContain('broken.png left out');
    expect(sentTo(server, api)).toContain(good.data);
    expect(sentTo(server, api)).not.toContain(broken.data);
    const [first, , second] = await chat.messages();
    expect([marksOf(first?.parts), marksOf(second?.parts)]).toEqual([
      ['', ''],
      [vendor, ''],
    ]);
    expect(second?.parts[0]).toMatchObject({
      data: broken.data,
      rejected: { [vendor]: expect.stringMatching(/image/i) },
    });
  });

  it.each(APIS)('finds the one image that %s cannot read', async (model, api, vendor) => {
    const chat = await open(model);
    await chat.ask('Look', [imagePart([1, 1], 'a.png'), brokenImage('b.png'), imagePart([3, 3], 'c.png')]);
    expect(server.sandbox.calls.requests[api]).toBe(3);
    expect(marksOf((await chat.messages())[0]?.parts)).toEqual(['', vendor, '', '']);
  });

  it.each(APIS)('leaves out each of many images that %s cannot read', async (model, api, vendor) => {
    const chat = await open(model);
    await chat.ask('Look', [brokenImage('a.png'), brokenImage('b.png')]);
    await chat.ask('And now?');
    expect(server.sandbox.calls.requests[api]).toBe(5);
    expect(marksOf((await chat.messages())[0]?.parts)).toEqual([vendor, vendor, '']);
  });

  it.each([
    ['duo-chat-sonnet-4-6', 'anthropic-messages', 'anthropic', pdf(1, '/Encrypt 9 0 R'), 'password protected'],
    ['duo-chat-gpt-5-4', 'openai-chat', 'openai', Buffer.from('%PDF-1.4\n'), 'Invalid file data'],
    ['duo-chat-gpt-5-6-sol', 'openai-responses', 'openai', Buffer.from('%PDF-1.4\n'), 'Invalid file data'],
  ] as const)('leaves out the document that %s rejects by name', async (model, api, vendor, content, reason) => {
    const chat = await open(model);
    const whole = pdfPart('whole.pdf');
    await chat.ask('Read', [pdfPart('bad.pdf', content), whole]);
    await chat.ask('And now?');
    expect(server.sandbox.calls.requests[api]).toBe(3);
    expect(sentTo(server, api)).toContain('[document bad.pdf left out');
    expect(sentTo(server, api)).toContain(whole.data);
    const [asked] = await chat.messages();
    expect(marksOf(asked?.parts)).toEqual([vendor, '', '']);
    expect(asked?.parts[0]?.rejected?.[vendor]).toContain(reason);
  });
});

it.each(APIS)('Another process sends %s one request, without the rejected part', async (model, api, vendor) => {
  const chat = await chatsOf(server).create({ model, params: { thinking: { effort: 'low' } } });
  await chat.ask('Look', { attachments: [brokenImage('broken.png')] });
  expect(await attempts(chat.id)).toEqual(['failed', 'succeeded']);
  await chatsOf(later).ref(chat.id).ask('And now?');
  expect(later.sandbox.calls.requests[api]).toBe(1);
  expect(sentTo(later, api)).toContain('broken.png left out');
  expect(await attempts(chat.id)).toEqual(['failed', 'succeeded', 'succeeded']);
  // The first one has the history in its cache, and reads what the other did.
  await chat.ask('And then?');
  expect((await chatsOf(later).messages(chat.id)).items[0]?.parts[0]?.rejected).toHaveProperty(vendor);
});

it.each([APIS[0], APIS[2]])(
  'Another process sends %s a request without its rejected reasoning',
  async (model, api, vendor) => {
    const chat = await chatsOf(server).create({ model, params: { thinking: { effort: 'low' } } });
    await chat.ask('One');
    server.sandbox.fault({ fault: 'gateway-reasoning-refused' });
    await chat.ask('Two');
    // Refuses again what it has refused, and nothing of what came since.
    await chatsOf(later).ref(chat.id).ask('Three');
    expect(later.sandbox.calls.requests[api]).toBe(1);
    const { items } = await chatsOf(later).messages(chat.id);
    expect(
      items.map(({ parts }) => parts.filter(({ rejected }) => rejected?.[vendor]).map(({ type }) => type)),
    ).toEqual([[], ['reasoning'], [], [], [], []]);
  },
);

it('A file that one vendor rejects is still sent to the other', async () => {
  const { id } = await chatsOf(server).create({ model: 'duo-chat-sonnet-4-6' });
  const locked = pdfPart('locked.pdf', pdf(1, '/Encrypt 9 0 R'));
  await chatsOf(server)
    .ref(id)
    .ask('Read', { attachments: [locked] });
  await chatsOf(server).ref(id).ask('And you?', { model: 'duo-chat-gpt-5-6-sol' });
  expect(sentTo(server, 'openai-responses')).toContain(locked.data);
  await chatsOf(server).ref(id).ask('And you?', { model: 'duo-chat-sonnet-4-6' });
  expect(sentTo(server, 'anthropic-messages')).not.toContain(locked.data);
  expect(await attempts(id)).toEqual(['failed', 'succeeded', 'succeeded', 'succeeded']);
});

it('A follower of a run receives which part was left out, and why', async () => {
  const id = await client.createChat({ model: 'duo-chat-sonnet-4-6' });
  const attachments = [{ mediaType: 'image/png', data: brokenImage().data }];
  const response = await client.send(
    'POST',
    `/chats/${id}/messages`,
    { content: 'Look', attachments },
    { accept: 'text/event-stream' },
  );
  const [asked] = await client.messages(id);
  const [, data = '{}'] = /event: part-rejected\n(?:id: .*\n)?data: (.*)\n/.exec(response.text) ?? [];
  expect(JSON.parse(data)).toEqual({ messageId: asked?.id, index: 0, reason: 'Could not process image' });
});
