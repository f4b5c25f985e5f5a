import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, ValidationPipe } from '@nestjs/common';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { problems } from '../../src/errors/problem.js';
import { type ChatView } from '../../src/http/presenter.js';
import { Agent, Chat, DuoAgent, DuoChatService, DuoService, type DuoTool, Tool } from '../../src/index.js';
import { casesOf, generator } from '../unit/random.js';
import { hostileBody } from './support/hostile-json.js';
import { HttpClient } from './support/http-client.js';
import { type PlainHost, startPlainHost } from './support/plain-host.js';
import { PLATFORMS, startTestServer } from './support/test-server.js';
import { useTestHost } from './support/use-test-host.js';

/** Keys that are taken nowhere; one of them Fastify refuses itself. */
const REFUSED_KEYS = Object.getOwnPropertyNames(Object.prototype);

/** Arrays in one another, as JSON. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

describe.each(PLATFORMS)('A request body to a plain host on %s', (platform) => {
  let host: PlainHost;
  let client: HttpClient;
  let chatId: string;

  beforeAll(async () => {
    host = await startPlainHost(platform);
    client = new HttpClient(host.url);
    chatId = await client.createChat({ title: 'Kept' });
  });
  afterAll(() => host.close());

  /** Where a body may go, and one that is taken there. */
  const routes = (): [method: string, path: string][] => [
    ['POST', '/chats'],
    ['PATCH', `/chats/${chatId}`],
    ['POST', `/chats/${chatId}/messages`],
    ['POST', `/chats/${chatId}/completions`],
    ['POST', `/chats/${chatId}/tool-calls/${chatId}/approve`],
    ['POST', `/chats/${chatId}/tool-calls/${chatId}/deny`],
  ];

  /** Sends it everywhere, and expects it to be refused, and to change nothing. */
  async function expectRefusal(body: string, problem: object, headers: Record<string, string> = {}): Promise<void> {
    const chats = await client.json('GET', '/chats');
    for (const [method, path] of routes()) {
      const response = await client.send(method, path, body, headers);
      expect([method, path, response.status, response.body]).toMatchObject([
        method,
        path,
        (problem as { status: number }).status,
        { code: 'validation_failed', ...problem },
      ]);
    }
    expect(await client.json('GET', '/chats')).toEqual(chats);
    expect(await client.messages(chatId)).toEqual([]);
  }

  it.each([
    ['application/x-www-form-urlencoded', 'title=x'],
    ['text/plain', '{"title":"x"}'],
    ['text/plain; application/json', '{"title":"x"}'],
    ['text/json', '{"title":"x"}'],
    ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="title"\r\n\r\nx\r\n--b--\r\n'],
    ['', '{"title":"x"}'],
  ])('is refused with the content type %j, which any web page can send', async (type, body) => {
    await expectRefusal(body, { status: 415 }, { 'content-type': type });
  });

  it('is refused as a form in pieces', async () => {
    const form = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('title=x'));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(`${host.url}/chats`, {
      method: 'POST',
      body: form,
      headers,
      duplex: 'half',
    });
    expect([response.status, await response.json()]).toMatchObject([415, { code: 'validation_failed' }]);
  });

  it.each(['application/json', 'Application/JSON;charset=utf-8', 'application/json ; charset="utf-8"'])(
    'is accepted as %s',
    async (type) => {
      const taken = await client.send('POST', '/chats', { title: 'x' }, { 'content-type': type });
      expect([taken.status, taken.body]).toMatchObject([201, { title: 'x' }]);
    },
  );

  it('is optional', async () => {
    const form: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const headers of [{}, form]) {
      const created = await client.send('POST', '/chats', undefined, headers);
      expect([created.status, created.body]).toMatchObject([201, { title: null }]);
    }
  });

  it.each(['null', '[]', '"title"', '7', 'true'])('is refused if it is %s', async (body) => {
    // Express' parser has its own words for what is neither an object nor an array.
    const detail = expect.stringMatching(/^The body must be a JSON object\.$|not valid JSON$/);
    await expectRefusal(body, { status: 400, detail });
  });

  it.each(['metadata', 'content', 'attachments'])('is refused if its %s is nested too deeply', async (field) => {
    const detail = 'The body must not be nested deeper than 100 levels.';
    for (const levels of [100, 1_500, 40_000])
      await expectRefusal(`{"${field}":${nested(levels)}}`, { status: 400, detail });
  });

  it('keeps its metadata unchanged', async () => {
    const keys = ['prototype', 'then', 'toJSON', 'length', ''];
    const odd = Object.fromEntries(keys.map((key, index) => [key, index]));
    const created = await client.json<ChatView>('POST', '/chats', { metadata: odd });
    expect(JSON.stringify(created.metadata)).toBe(JSON.stringify(odd));
    const path = `/chats/${created.id}`;
    const metadata = { ...odd, nested: [odd, { deeper: odd }] };
    for (const body of [{ metadata }, { title: 'Again' }, { metadata, title: 'And again' }]) {
      const changed = await client.json<ChatView>('PATCH', path, body);
      expect(JSON.stringify(changed.metadata)).toBe(JSON.stringify(metadata));
    }
    expect(await client.json('GET', path)).toMatchObject({ title: 'And again', metadata });
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__proto__'])(
    'is refused with a field named %s',
    async (name) => {
      const field = `{"${name}":{"a":1}}`;
      const attachments = `[{"mediaType":"image/png","data":"aGk=",${field.slice(1)}]`;
      for (const [path, body] of [
        ['/chats', field],
        ['/chats', `{"params":${field}}`],
        ['/chats', `{"params":{"thinking":{"effort":"low",${field.slice(1)}}}`],
        [`/chats/${chatId}/messages`, `{"content":"Look","attachments":${attachments}}`],
        [`/chats/${chatId}/completions`, field],
      ] as const) {
        const refused = await client.send('POST', path, body);
        expect([body, refused.status]).toEqual([body, 400]);
      }
      expect((await client.send('GET', `/chats?${name}=1`)).status).toBe(400);
      expect(await client.messages(chatId)).toEqual([]);
    },
  );

  it.each(REFUSED_KEYS)('is refused with %s anywhere in its metadata', async (key) => {
    for (const metadata of [`{"${key}":{"a":1}}`, `{"a":[{"${key}":1}]}`]) {
      const refused = await client.send('POST', '/chats', `{"metadata":${metadata}}`);
      expect([refused.status, refused.body]).toMatchObject([
        400,
        { code: 'validation_failed', detail: expect.stringMatching(`${key}|not valid JSON`) },
      ]);
    }
  });

  it.each([[[]], [[[[]]]], [null], [7], ['x'], [[{ mediaType: 'image/png', data: 'aGk=' }]]])(
    'is refused if an attachment is %j',
    async (attachment) => {
      const body = { content: 'Look', attachments: [attachment] };
      const refused = await client.send('POST', `/chats/${chatId}/messages`, body);
      expect([refused.status, refused.body]).toMatchObject([
        400,
        { code: 'validation_failed', detail: expect.stringContaining('each value in attachments must be an object') },
      ]);
      expect(await client.messages(chatId)).toEqual([]);
    },
  );

  it('is accepted up to the maximum depth', async () => {
    const body = `{"metadata":{"a":${nested(98)}}}`;
    expect(await client.json('POST', '/chats', body)).toMatchObject(JSON.parse(body) as object);
  });
});

const body = JSON.stringify({ title: 'Müller' });
const JSON_TYPE = 'application/json';

const places = [
  { name: 'The server', start: () => startTestServer() },
  ...PLATFORMS.map((platform) => ({ name: `A host on ${platform}`, start: () => startPlainHost(platform) })),
];

// RFC 8259, section 8.1: JSON that systems exchange is in UTF-8. RFC 9110, section 15.5.16: what is in another media type,
// charset or content coding than a resource takes is a 415.
describe.each(places)('Body encodings on $name', ({ start }) => {
  let url: string;
  let client: HttpClient;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const started = await start();
    url = started.url;
    close = () => started.close();
    client = new HttpClient(url);
  });
  afterAll(() => close());

  function post(bytes: Uint8Array, headers: Record<string, string>): Promise<Response> {
    return fetch(`${url}/chats`, { method: 'POST', headers: { 'content-type': JSON_TYPE, ...headers }, body: bytes });
  }

  async function expectUnsupported(response: Response, detail: RegExp): Promise<void> {
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect([response.status, await response.json()]).toEqual([
      415,
      {
        type: 'urn:gitlab-duo:problem:validation_failed',
        title: 'Validation failed',
        status: 415,
        detail: expect.stringMatching(detail),
        code: 'validation_failed',
        requestId: expect.any(String),
      },
    ]);
  }

  it.each<[charset: string, encoding: BufferEncoding]>([
    ['latin1', 'latin1'],
    ['ISO-8859-1', 'latin1'],
    ['"windows-1252"', 'latin1'],
    ['us-ascii', 'ascii'],
    ['utf-16', 'utf16le'],
    ['utf-16le', 'utf16le'],
    ['utf-7', 'utf8'],
    ['', 'utf8'],
    ['utf-8; charset=latin1', 'latin1'],
  ])('refuse the charset %s', async (charset, encoding) => {
    const before = await client.json<{ items: unknown[] }>('GET', '/chats');
    const response = await post(Buffer.from(body, encoding), { 'content-type': `${JSON_TYPE}; charset=${charset}` });
    await expectUnsupported(response, /^The body must be in UTF-8, not in "/);
    expect(await client.json('GET', '/chats')).toEqual(before);
  });

  it.each<[encoding: string, bytes: Buffer]>([
    ['gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
    ['zstd', Buffer.from(body)],
    ['gzip', Buffer.from(body)],
    ['identity, gzip', gzipSync(body)],
  ])('refuse the content encoding %s', async (encoding, bytes) => {
    const before = await client.json<{ items: unknown[] }>('GET', '/chats');
    const response = await post(bytes, { 'content-encoding': encoding });
    await expectUnsupported(response, /^The body must come without a content encoding, not in "/);
    expect(await client.json('GET', '/chats')).toEqual(before);
  });

  it.each<Record<string, string>>([
    {},
    { 'content-type': `${JSON_TYPE}; charset=utf-8` },
    { 'content-type': `${JSON_TYPE};charset="UTF-8"` },
    { 'content-encoding': 'identity' },
  ])('accept UTF-8 with the headers %j', async (headers) => {
    const response = await post(Buffer.from(body), headers);
    expect([response.status, await response.json()]).toMatchObject([201, { title: 'Müller' }]);
  });

  it('do not matter without a body', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': `${JSON_TYPE}; charset=latin1` };
    expect((await fetch(`${url}/chats`, { headers })).status).toBe(200);
  });
});

/** How many bodies each route gets, and how many of them at once. */
const BODIES = casesOf(120);
const AT_ONCE = 8;

const CHAT_FIELDS = ['model', 'title', 'instructions', 'params', 'metadata'];
const ROUTES: [method: string, route: string, fields: string[]][] = [
  ['POST', '/chats', ['agent', ...CHAT_FIELDS]],
  ['PATCH', '/chats/:id', CHAT_FIELDS],
  ['POST', '/chats/:id/messages', ['content', 'model', 'attachments']],
  ['POST', '/chats/:id/completions', ['model']],
  ['POST', '/chats/:id/tool-calls/:id/approve', ['reason']],
  ['POST', '/chats/:id/tool-calls/:id/deny', ['reason']],
];

// class-transformer calls what an object has under `constructor`, so that a body of JSON failed the server's own pipe, and
// the global pipe of a host besides.
const hosts = PLATFORMS.flatMap((platform) => [
  { platform, name: 'a plain host', pipes: [] },
  {
    platform,
    name: 'a host with a pipe of its own',
    pipes: [new ValidationPipe({ transform: true, whitelist: true })],
  },
]);

describe.each(hosts)('Random bodies on $platform, $name', ({ platform, pipes }) => {
  let host: PlainHost;
  let client: HttpClient;

  beforeAll(async () => {
    host = await startPlainHost(platform, ...pipes);
    client = new HttpClient(host.url);
  });
  afterAll(() => host.close());

  it.each(ROUTES)('never cause a server error on %s %s', async (method, route, fields) => {
    const random = generator(7);
    const statuses = new Set<number>();
    const send = async (path: string, body: string): Promise<void> => {
      const response = await client.send(method, path, body);
      const answer = response.body as { code?: keyof typeof problems };
      const type = response.get('content-type');
      statuses.add(response.status);
      if (response.ok) return;
      const known = [answer.code && problems[answer.code][0], type];
      expect([body, known]).toEqual([body, [response.status, 'application/problem+json; charset=utf-8']]);
      expect([body, response.status < 500]).toEqual([body, true]);
    };
    const sendSome = async (): Promise<void> => {
      const path = route.replaceAll(':id', await client.createChat());
      for (let sent = 0; sent < BODIES / AT_ONCE; sent += 1) await send(path, hostileBody(fields, random));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendSome));
    expect(statuses).toContain(400);
    expect(statuses.size).toBeGreaterThan(1);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype))('refuses the key %s at any level', async (name) => {
    const key = JSON.stringify(name);
    const id = await client.createChat();
    for (const body of [`{"metadata":{${key}:{"a":1}}}`, `{"metadata":{"a":[{${key}:1}]}}`, `{${key}:"x"}`]) {
      for (const [method, path] of [
        ['POST', '/chats'],
        ['PATCH', `/chats/${id}`],
      ] as const) {
        const response = await client.send(method, path, body);
        expect([body, response.status, response.body]).toMatchObject([body, 400, { code: 'validation_failed' }]);
        if (name !== '__proto__') expect(response.body).toMatchObject({ detail: expect.stringContaining(name) });
      }
    }
  });

  it.each([
    '{"title":{"constructor":{"a":1}}}',
    '{"metadata":{"a":{"constructor":"x"}}}',
    '{"metadata":{"constructor":{"prototype":1}}}',
    '{"params":{"thinking":{"constructor":[]}}}',
    '{"unknown":[{"constructor":true}]}',
  ])('are refused with a constructor within %s', async (body) => {
    const response = await client.send('POST', '/chats', body);
    expect([response.status, response.body]).toMatchObject([400, { code: 'validation_failed' }]);
  });
});

// Names that every object inherits, which a look-up in a plain object finds where nothing is.
const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__'];
const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol'];

const properties = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }]));

/** A tool of each name, whose optional arguments have all of the names. */
const tools = NAMES.map((name) => {
  @Tool({ name, description: 'Says what it was given', parameters: { type: 'object', properties } })
  class Named implements DuoTool {
    execute(input: object): object {
      return { [`${name} was given`]: Object.keys(input) };
    }
  }
  return Named;
});

@Agent({ name: 'constructor', tools })
class Named extends DuoAgent {}

@Module({ providers: [...tools, Named] })
class NamedModule {}

describe('Names of inherited properties', () => {
  const host = useTestHost([Chat], { imports: [NamedModule] });
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  const places: [string, (model: string) => Promise<BaseChat<{ text: string }>>][] = [
    ['in memory', (model) => Promise.resolve(host.app.get(DuoService).chat({ model }))],
    ['in the database', (model) => chats.create({ model })],
  ];
  const cases = places.flatMap(([place, make]) => MODELS.map((model) => ({ place, model, make })));

  it.each(cases)('are valid for tools and their arguments $place, by $model', async ({ model, make }) => {
    const chat = (await make(model)).withTools(...tools);
    for (const name of NAMES) {
      expect((await chat.ask(`call ${name} {}`)).text).toContain(`{"${name} was given":[]}`);
      const { text } = await chat.ask(`call ${name} {"${name}":"x"}`);
      expect(text).toContain(`{"${name} was given":["${name}"]}`);
      expect((await chat.ask(`call ${name} {"${name}":1}`)).text).toContain('must be string');
    }
  });

  it('are valid for an agent', async () => {
    const agent = host.app.get(Named);
    expect((await agent.ask('call toString {}')).text).toContain('toString was given');
    const chat = await agent.createChat();
    expect((await chats.find(chat.id)).agent).toBe('constructor');
    expect((await chat.ask('call valueOf {}')).text).toContain('valueOf was given');
  });

  it.each(NAMES)('find no model: %s', async (model) => {
    expect(() => host.app.get(DuoService).chat({ model })).toThrow('Unknown model');
    await expect(chats.create({ model })).rejects.toMatchObject({ code: 'unknown_model' });
  });

  // TypeORM's merge kept `{}` of `{"toString":{"a":1}}`, and called a `hasOwnProperty` that was no function.
  it.each(Object.getOwnPropertyNames(Object.prototype))(
    'are refused as keys of params, metadata and inputs: %s',
    async (name) => {
      const values = [{ a: 1 }, 'text', [{ b: null }], {}];
      const chat = await chats.create({ metadata: { kept: 1 }, params: { service_tier: 'auto' } });
      const refused = {
        code: 'validation_failed',
        message: expect.stringMatching(`must not have a key named ${name}:`),
      };
      for (const value of values) {
        const named = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<string, string>;
        for (const held of [named, { deep: [{ deeper: named }] }]) {
          const calls: (() => Promise<unknown>)[] = [
            () => chats.create({ metadata: held }),
            () => chats.create({ params: held }),
            () => chats.create({ agent: 'constructor', inputs: held }),
            () => chats.update(chat.id, { metadata: held }),
            () => chats.update(chat.id, { params: held }),
            () => chats.update(chat.id, { params: () => held }),
            () => chat.ask('Hello', { params: held }),
            () => chats.ref(chat.id).ask('Hello', { params: held }),
            () => host.app.get(DuoService).chat().ask('Hello', { params: held }),
          ];
          for (const call of calls) await expect(call()).rejects.toMatchObject(refused);
          expect(() => chat.withParams(held)).toThrow(expect.objectContaining(refused));
          expect(() => host.app.get(DuoService).chat({ params: held })).toThrow(expect.objectContaining(refused));
        }
      }
      expect(await chats.find(chat.id)).toMatchObject({ metadata: { kept: 1 }, params: { service_tier: 'auto' } });
      expect((await chats.messages(chat.id)).items).toEqual([]);
    },
  );

  it('are not searched endlessly in an object that contains itself', async () => {
    const endless: Record<string, unknown> = {};
    Object.assign(endless, { one: endless, other: endless });
    await expect(chats.create({ metadata: endless as never })).rejects.toMatchObject({ code: 'validation_failed' });
    expect(() => host.app.get(DuoService).chat({ params: endless as never })).toThrow('nested deeper');
  });

  it.each(NAMES)('find no unknown tool: %s', async (name) => {
    const chat = await chats.create({});
    expect((await chat.ask(`call ${name} {}`)).text).not.toContain('was given');
  });
});
