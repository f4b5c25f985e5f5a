import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import {
  Chat,
  DuoChatService,
  DuoService,
  type DuoTool,
  type FilePart,
  type MemoryChat,
  type Part,
  Tool,
  toolFiles,
  type ToolFiles,
} from '../../src/index.js';
import { type ReasoningPart } from '../../src/messages/part.interface.js';
import { historyHash } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { brokenImage, imagePart, pdf, pdfPart } from '../sample-files.js';
import { json, type Reply, sse, startUpstream, type Upstream } from '../unit/gateway/upstream.js';
import { HttpClient } from './support/http-client.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { type VendorWire, vendorWires } from './support/vendor-wires.js';

const APIS = [
  ['duo-chat-sonnet-4-6', 'anthropic-messages', 'anthropic'],
  ['duo-chat-gpt-5-4', 'openai-chat', 'openai'],
  ['duo-chat-gpt-5-6-sol', 'openai-responses', 'openai'],
] as const;

const chatsOf = ({ app }: TestServer): DuoChatService<Chat> => app.get<DuoChatService<Chat>>(DuoChatService);
const sentTo = ({ sandbox }: TestServer, api: (typeof APIS)[number][1]) =>
  JSON.stringify(sandbox.calls.lastRequests[api]);

const marksOf = (parts: readonly Part[] = []) => parts.map(({ rejected }) => Object.keys(rejected ?? {}).join());

describe('Rejected parts', () => {
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
});

const photo = imagePart([2, 2], 'photo.png');

@Tool({ description: 'Pays', parameters: { type: 'object' } })
class Pay implements DuoTool {
  execute(): ToolFiles {
    return toolFiles('paid', [photo]);
  }
}

@Module({ providers: [Pay] })
class Tools {}

type Name = keyof typeof vendorWires;

/** Where each API finds the call of the first answer, its result, and the question, in its own notation. */
const places: Record<Name, { call: string; result: string; question: string }> = {
  Messages: {
    call: 'messages.1.content.0.tool_use.input',
    result: 'messages.2.content.0.tool_result.content.0.text',
    question: 'messages.0.content.0.text',
  },
  'Chat Completions': {
    call: 'messages[1].tool_calls[0].function.arguments',
    result: 'messages.[2].content',
    question: 'messages.[0].content',
  },
  Responses: { call: 'input[1].arguments', result: 'input[2].output', question: 'input[0].content[0].text' },
};

/** What a vendor says of a place in a request; Anthropic says it in the message, OpenAI beside it. */
function refusal(name: Name, place: string | null, message: string): Reply {
  const type = 'invalid_request_error';
  if (name !== 'Messages') return json(400, { error: { message, type, param: place, code: 'invalid_value' } });
  return json(400, { type: 'error', error: { type, message: place === null ? message : `${place}: ${message}` } });
}

describe.each(Object.entries(vendorWires) as [Name, VendorWire][])('A part that %s refuses', (name, wire) => {
  let upstream: Upstream;
  let host: TestHost;
  const vendor = name === 'Messages' ? 'anthropic' : 'openai';
  const answer = sse(wire.start, wire.text('Done.'), wire.lastUsage, wire.end);
  const call = sse(wire.start + wire.call('{"to":"Ann"}'));

  beforeAll(async () => {
    upstream = await startUpstream();
    const gitlab = { instanceUrl: upstream.url, gatewayUrl: upstream.url };
    host = await startTestHost([Chat], { imports: [Tools], gitlab });
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  const stored = () => host.app.get<DuoChatService<Chat>>(DuoChatService);
  const open: Record<string, () => Promise<Chat | MemoryChat>> = {
    'in memory': () => Promise.resolve(host.app.get(DuoService).chat({ model: wire.model })),
    persisted: () => stored().create({ model: wire.model }),
  };
  const messagesOf = async (chat: Chat | MemoryChat) =>
    chat instanceof Chat ? (await stored().messages(chat.id)).items : chat.messages;
  const bodies = () => upstream.requests.splice(0).map(({ body }) => body);

  describe.each(Object.entries(open))('A part refused by its path, by %s', (_kind, create) => {
    // Each API names a part by its path in the request.
    it.each(['call', 'result'] as const)('is left out as a %s of a tool, and the chat continues', async (what) => {
      const chat = (await create()).withTools(Pay);
      upstream.onGateway(call, refusal(name, places[name][what], 'This is not valid here.'), answer);
      expect((await chat.ask('Pay')).text).toBe('Done.');
      await chat.ask('And now?');
      const [, refused = '', resent, later] = bodies();
      expect(refused).not.toContain('left out');
      const note = `[${what} of the tool pay left out: the model's vendor refused it (This is not valid here.)]`;
      expect([resent, later]).toEqual([expect.stringContaining(note), expect.stringContaining(note)]);
      const [, said, result] = await messagesOf(chat);
      const part = (what === 'call' ? said : result)?.parts.at(-1);
      expect(part).toMatchObject({ type: `tool-${what}`, rejected: { [vendor]: 'This is not valid here.' } });
    });

    it('is left out of a tool result as a file', async () => {
      const chat = (await create()).withTools(Pay);
      upstream.onGateway(call, refusal(name, null, 'Could not process image'), answer);
      await chat.ask('Pay');
      const [, refused, resent] = bodies();
      expect(refused).toContain(photo.data);
      expect(resent).not.toContain(photo.data);
      expect(resent).toContain('[image photo.png left out');
      expect((await messagesOf(chat))[2]?.parts[0]).toMatchObject({
        content: 'paid',
        files: [{ filename: 'photo.png', rejected: { [vendor]: 'Could not process image' } }],
      });
    });

    // What is too large as a whole can only be made smaller: files go, the oldest first.
    it('is the oldest file if the request is too large', async () => {
      const chat = await create();
      const files = [imagePart([1, 1], 'old.png'), imagePart([3, 3], 'new.png')];
      upstream.onGateway(json(413, { error: { type: 'request_too_large', message: 'Request too large' } }), answer);
      await chat.ask('Look', { attachments: files });
      const [, resent] = bodies();
      expect(resent).toContain('[image old.png left out');
      expect(resent).toContain(files[1]?.data);
    });

    it.each([
      ['names nothing', null, 'The request is not valid.'],
      ['names a place that is not there', 'messages.77.content.0', 'This is not valid here.'],
      ['names the question', places[name].question, 'This is not valid here.'],
      ['speaks of documents, of which there are none', null, 'The PDF specified was not valid.'],
    ])('causes an error, and is not remembered, if the error %s', async (_what, place, message) => {
      const chat = await create();
      upstream.onGateway(refusal(name, place, message), answer);
      await expect(chat.ask('Look')).rejects.toMatchObject({ code: 'upstream_error', isRetryable: false });
      expect(bodies()).toHaveLength(1);
      await chat.complete();
      expect(JSON.stringify(await messagesOf(chat))).not.toContain('rejected');
    });

    it('causes an error in a question, and is left out once another follows', async () => {
      const chat = await create();
      upstream.onGateway(refusal(name, places[name].question, 'This is not valid here.'));
      await expect(chat.ask('Look')).rejects.toMatchObject({ code: 'upstream_error' });
      upstream.onGateway(refusal(name, places[name].question, 'This is not valid here.'), answer);
      expect((await chat.ask('And here?')).text).toBe('Done.');
      const [, refused, resent] = bodies();
      expect(refused).toContain('"Look"');
      expect(resent).toContain("[text left out: the model's vendor refused it (This is not valid here.)]");
      expect(resent).toContain('And here?');
    });

    it('causes at most as many retries as there are parts to leave out', async () => {
      const chat = await create();
      upstream.onGateway(refusal(name, null, 'Could not process image'));
      const attachments = [imagePart(), imagePart(), imagePart(), ...(name === 'Messages' ? [pdfPart()] : [])];
      await expect(chat.ask('Look', { attachments })).rejects.toMatchObject({ code: 'upstream_error' });
      // As it is, without each image, and without all of them.
      expect(bodies()).toHaveLength(5);
      expect(JSON.stringify(await messagesOf(chat))).not.toContain('rejected');
    });
  });
});

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'Looks at something', parameters })
class Look implements DuoTool<{ at: string }> {
  execute(input: { at: string }): object {
    return { seen: input.at };
  }
}

@Module({ providers: [Look] })
class ToolsModule {}

describe('Refused reasoning', () => {
  let shared: TestDatabase;
  let host: TestHost;
  let chats: DuoChatService<Chat>;

  beforeAll(async () => {
    shared = await createTestDatabase();
    host = await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
    chats = host.app.get(DuoChatService);
  });
  beforeEach(() => {
    host.sandbox.reset();
  });
  afterAll(async () => {
    await host.close();
    await shared.drop();
  });

  async function reasoningOf(chat: Chat): Promise<ReasoningPart[]> {
    const { items } = await chats.messages(chat.id);
    return items.flatMap(({ parts }) => parts.filter((part) => part.type === 'reasoning'));
  }

  describe.each([
    ['duo-chat-haiku-4-5', 'anthropic-messages'],
    ['duo-chat-opus-4-7', 'anthropic-messages'],
    ['duo-chat-gpt-5-6-sol', 'openai-responses'],
  ] as const)('A chat of %s whose reasoning the vendor rejects', (model, api) => {
    const lastRequest = () => JSON.stringify(host.sandbox.calls.lastRequests[api]);
    const attempts = (chat: Chat) => new RunRows(host.database).attempts(chat.id);

    it('continues without it, and with later reasoning', async () => {
      const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
      await chat.ask('One');
      host.sandbox.fault({ fault: 'gateway-reasoning-refused' });
      for (const question of ['Two', 'Three']) {
        const { text, finishReason } = await chat.ask(question);
        const { items } = await chats.messages(chat.id);
        expect(text).toContain(`History: ${historyHash(items.slice(0, -1))}.`);
        expect(finishReason).toBe('stop');
      }
      expect(await attempts(chat)).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded']);
      const stored = await reasoningOf(chat);
      expect(stored.map(({ raw }) => raw !== undefined)).toEqual([true, true, true]);
      expect(stored.map(({ raw }) => lastRequest().includes(JSON.stringify(raw)))).toEqual([false, true, false]);
    });

    it('continues while each ask is rejected once, with its tool calls', async () => {
      const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
      chat.withTools(Look);
      await chat.ask('call look {"at":"sun"}');
      host.sandbox.fault({ fault: 'gateway-reasoning-refused', times: 0 });
      for (const at of ['moon', 'sea', 'sky']) {
        const { status, text } = await chat.ask(`call look {"at":"${at}"}`);
        expect([status, text]).toEqual(['complete', expect.stringContaining(`{"seen":"${at}"}`)]);
      }
      // Without thinking before its call, Haiku may not think behind the result, so that the next ask replays none.
      const first = model === 'duo-chat-haiku-4-5' ? ['succeeded'] : ['failed', 'succeeded'];
      const later = [...first, 'failed', 'succeeded'];
      expect(await attempts(chat)).toEqual([
        'succeeded',
        'succeeded',
        'failed',
        'succeeded',
        'failed',
        'succeeded',
        ...later,
        ...later,
      ]);
      expect((await reasoningOf(chat)).length).toBeGreaterThan(3);
    });

    it('reports a failure of the retry', async () => {
      const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
      await chat.ask('One');
      host.sandbox.fault({ fault: 'gateway-reasoning-refused' });
      host.sandbox.fault({ fault: 'stream-cut' });
      await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'upstream_error' });
      // The Responses API tells what a request costs at its end alone.
      const cut = api === 'openai-responses' ? 'unknown' : 'failed';
      expect(await attempts(chat)).toEqual(['succeeded', 'failed', cut]);
      expect((await chat.ask('Three')).status).toBe('complete');
    });
  });
});
