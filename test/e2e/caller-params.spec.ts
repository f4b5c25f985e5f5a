import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { Chat, DuoChatService, DuoService, type GitlabDuoModuleOptions } from '../../src/index.js';
import { sse, startUpstream, type Upstream } from '../unit/gateway/upstream.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { vendorWires } from './support/vendor-wires.js';

const SECRET = 'a secret of the host';
const OWNER = 'ann@example.com';
const hashed = createHmac('sha256', SECRET).update(OWNER).digest('hex');

type Body = Record<string, unknown> & { metadata?: unknown };

// Anthropic, Messages API: `metadata.user_id` is an opaque identifier, without names or addresses. OpenAI: `safety_identifier`
// of 64 characters at most, and `prompt_cache_key`.
describe.each(Object.entries(vendorWires))('A request to %s', (api, wire) => {
  let upstream: Upstream;
  let host: TestHost;
  let silent: TestHost;
  const start = (gitlab: GitlabDuoModuleOptions): Promise<TestHost> =>
    startTestHost([Chat], { gitlab: { instanceUrl: upstream.url, gatewayUrl: upstream.url, ...gitlab } });

  beforeAll(async () => {
    upstream = await startUpstream();
    host = await start({ promptCacheKey: true, endUserId: { secret: SECRET } });
    silent = await start({});
  });
  beforeEach(() => {
    upstream.onGateway(sse(wire.start, wire.text('Hi'), wire.lastUsage, wire.end));
    upstream.requests.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await silent.close();
    await upstream.close();
  });

  const bodies = (): Body[] => upstream.requests.map(({ body }) => JSON.parse(body) as Body);
  const inBoth = async ({ app }: TestHost, ownerId: string | null, params = {}) => [
    app.get(DuoService).chat({ model: wire.model, ownerId, params }),
    await app.get<DuoChatService<Chat>>(DuoChatService).create({ model: wire.model, ownerId, params }),
  ];

  it('tells the owner as a keyed hash, and nothing else of it', async () => {
    for (const chat of await inBoth(host, OWNER)) await chat.ask('Hello');
    for (const body of bodies()) {
      expect(body).toMatchObject(
        api === 'Messages' ? { metadata: { user_id: hashed } } : { safety_identifier: hashed },
      );
      expect(JSON.stringify(body)).not.toContain(OWNER);
    }
    expect(bodies()).toHaveLength(2);
  });

  it('has one cache key for each chat, where the vendor takes one, from which its id cannot be read', async () => {
    const chats = await inBoth(host, OWNER);
    for (const chat of chats) {
      await chat.ask('Hello');
      await chat.ask('And?');
    }
    const keys = bodies().map(({ prompt_cache_key: key }) => key);
    if (api === 'Messages') expect(keys).toEqual([undefined, undefined, undefined, undefined]);
    else {
      expect(keys).toEqual([keys[0], keys[0], keys[2], keys[2]]);
      expect(new Set(keys).size).toBe(2);
      for (const key of keys) expect(key).toMatch(/^[\da-f]{64}$/);
    }
    for (const { id } of chats) expect(JSON.stringify(bodies())).not.toContain(id);
  });

  it('tells nothing of a chat without an owner, nor where it is not asked to', async () => {
    for (const chat of await inBoth(host, null)) await chat.ask('Hello');
    for (const chat of await inBoth(silent, OWNER)) await chat.ask('Hello');
    for (const body of bodies()) {
      expect(body).not.toHaveProperty('metadata');
      expect(body).not.toHaveProperty('safety_identifier');
    }
    for (const body of bodies().slice(2)) expect(body).not.toHaveProperty('prompt_cache_key');
  });

  it('keeps what the host says itself', async () => {
    const own = { safety_identifier: 'mine', prompt_cache_key: 'ours', metadata: { user_id: 'mine' } };
    for (const chat of await inBoth(host, OWNER, own)) await chat.ask('Hello');
    for (const body of bodies()) expect(body).toMatchObject(own);
  });
});

describe('The options of forRoot', () => {
  it.each([{ promptCacheKey: 'yes' }, { endUserId: {} }, { endUserId: { secret: ' ' } }, { endUserId: null }])(
    'refuse %j at the start',
    (options) => {
      const given = { apiKey: 'any', ...options } as unknown as GitlabDuoModuleOptions;
      expect(() => resolveOptions(given)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    },
  );
});
