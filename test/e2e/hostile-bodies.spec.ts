import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import { problems } from '../../src/errors/problem.js';
import { casesOf, generator } from '../unit/random.js';
import { hostileBody } from './support/hostile-json.js';
import { HttpClient } from './support/http-client.js';
import { type PlainHost, startPlainHost } from './support/plain-host.js';
import { PLATFORMS } from './support/test-server.js';

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
