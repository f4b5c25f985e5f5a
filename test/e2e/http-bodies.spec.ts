import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChatView } from '../../src/http/presenter.js';
import { HttpClient } from './support/http-client.js';
import { type PlainHost, startPlainHost } from './support/plain-host.js';
import { PLATFORMS } from './support/test-server.js';

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
