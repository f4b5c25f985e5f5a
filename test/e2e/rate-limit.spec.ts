import { afterEach, describe, expect, it } from '@jest/globals';
import { ThrottlerStorage } from '@nestjs/throttler';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const anna = { owner: 'anna', key: 'A-key-of-anna-alone' };
const annaToo = { owner: 'anna', key: 'Another-key-of-anna' };
const bert = { owner: 'bert', key: 'A-key-of-bert-alone' };
const apiKeys = [anna, annaToo, bert];

describe('The rate limit', () => {
  let server: TestServer;
  afterEach(() => server.close());

  function client({ key }: { key: string }): HttpClient {
    return new HttpClient(server.url, key);
  }

  function expectLimited(response: HttpAnswer): void {
    expect([response.status, response.body]).toMatchObject([429, { status: 429, code: 'rate_limited' }]);
    expect(response.get('content-type')).toContain('application/problem+json');
    const retryAfter = Number(response.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
  }

  it('covers all calls and all keys of one owner, and no other owner', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 4, asks: 0 } });
    const chatId = await client(anna).createChat();
    for (const path of ['/chats', '/models']) expect((await client(annaToo).send('GET', path)).status).toBe(200);
    expect((await client(anna).send('GET', `/chats/${chatId}`)).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/chats'],
      ['GET', '/models'],
      ['POST', '/chats'],
      ['DELETE', `/chats/${chatId}`],
      ['POST', `/chats/${chatId}/messages`],
    ] as const)
      expectLimited(await client(annaToo).send(method, path));
    expect((await client(bert).send('GET', '/chats')).status).toBe(200);
    for (let times = 0; times < 6; times += 1) {
      expect((await client(anna).send('GET', '/health/live')).status).toBe(200);
      expect((await new HttpClient(server.url).send('GET', '/chats')).status).toBe(401);
    }
  });

  it('counts asks separately', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 100, asks: 2 } });
    const chatId = await client(anna).createChat();
    await client(anna).ask(chatId, 'Hello');
    await client(annaToo).events(chatId, 'Hello again');
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/messages`, { content: 'More' }));
    const events = { accept: 'text/event-stream' };
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/messages`, { content: 'More' }, events));
    expectLimited(await client(anna).send('POST', `/chats/${chatId}/completions`));
    expect(await client(anna).messages(chatId)).toHaveLength(4);
    const other = await client(bert).createChat();
    expect((await client(bert).ask(other, 'Hello')).status).toBe('complete');
  });

  it('applies to a server without keys if it is configured', async () => {
    server = await startTestServer({ rateLimits: { calls: 1, asks: 0 } });
    expect((await new HttpClient(server.url).send('GET', '/chats')).status).toBe(200);
    expectLimited(await new HttpClient(server.url).send('GET', '/chats'));
  });

  it('is off if both limits are 0', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 0, asks: 0 } });
    for (let times = 0; times < 20; times += 1) expect((await client(anna).send('GET', '/models')).status).toBe(200);
  });

  it('stores at most its limit for each owner, and nothing once the server has closed', async () => {
    server = await startTestServer({ apiKeys, rateLimits: { calls: 3, asks: 0 } });
    for (let times = 0; times < 9; times += 1) for (const key of apiKeys) await client(key).send('GET', '/models');
    const storage = server.app.get<Storage>(ThrottlerStorage, { strict: false });
    const remembered = [...storage.hitExpirations.values()].map((hits) =>
      [...hits.values()].map(({ length }) => length),
    );
    expect(remembered).toEqual([[3], [3]]);
    expect(storage.sweepInterval).toBeDefined();
    await server.app.close();
    expect([storage.storage.size, storage.sweepInterval]).toEqual([0, undefined]);
  });
});

/** What the throttler's own storage keeps. */
interface Storage {
  storage: Map<string, unknown>;
  hitExpirations: Map<string, Map<string, number[]>>;
  sweepInterval: NodeJS.Timeout | undefined;
}
