import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../../src/config/resolve-options.js';
import { Chat, type MemoryChat, DuoChatService, DuoService, type GitlabDuoModuleOptions } from '../../src/index.js';
import { type SandboxApi } from '../../src/sandbox/index.js';
import { startTestHost, type TestHost } from './support/test-module.js';

const SECRET = 'a secret of the host';
const OWNER = 'ann@example.com';
const hashed = createHmac('sha256', SECRET).update(OWNER).digest('hex');

const APIS: [api: SandboxApi, model: string][] = [
  ['anthropic-messages', 'duo-chat-sonnet-4-6'],
  ['openai-chat', 'duo-chat-gpt-5-1'],
  ['openai-responses', 'duo-chat-gpt-5-6-sol'],
];

type Body = Record<string, unknown>;

// Anthropic, Messages API: `metadata.user_id` is an opaque identifier, without names or addresses. OpenAI: `safety_identifier`
// of 64 characters at most, and `prompt_cache_key`.
describe.each(APIS)('A request to %s', (api, model) => {
  const isClaude = api === 'anthropic-messages';
  let host: TestHost;
  let silent: TestHost;

  beforeAll(async () => {
    host = await startTestHost([Chat], { gitlab: { promptCacheKey: true, endUserId: { secret: SECRET } } });
    silent = await startTestHost([Chat]);
  });
  afterAll(async () => {
    await host.close();
    await silent.close();
  });

  const chatsOf = async ({ app }: TestHost, ownerId: string | null, params = {}) => [
    app.get(DuoService).chat({ model, ownerId, params }),
    await app.get<DuoChatService<Chat>>(DuoChatService).create({ model, ownerId, params }),
  ];

  /** What each ask of some chats sends. */
  async function sent(
    { sandbox }: TestHost,
    chats: readonly (MemoryChat | Chat)[],
    ...asks: string[]
  ): Promise<Body[]> {
    const bodies: Body[] = [];
    for (const chat of chats) {
      for (const ask of asks) {
        await chat.ask(ask);
        bodies.push(sandbox.calls.lastRequests[api]?.body as Body);
      }
    }
    return bodies;
  }

  it('contains the owner only as a keyed hash', async () => {
    const bodies = await sent(host, await chatsOf(host, OWNER), 'Hello');
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect(body).toMatchObject(isClaude ? { metadata: { user_id: hashed } } : { safety_identifier: hashed });
      expect(JSON.stringify(body)).not.toContain(OWNER);
    }
  });

  it('contains one cache key for each chat, which does not reveal its id', async () => {
    const chats = await chatsOf(host, OWNER);
    const bodies = await sent(host, chats, 'Hello', 'And?');
    const keys = bodies.map(({ prompt_cache_key: key }) => key);
    if (isClaude) expect(keys).toEqual([undefined, undefined, undefined, undefined]);
    else {
      expect(keys).toEqual([keys[0], keys[0], keys[2], keys[2]]);
      expect(new Set(keys).size).toBe(2);
      for (const key of keys) expect(key).toMatch(/^[\da-f]{64}$/);
    }
    for (const { id } of chats) expect(JSON.stringify(bodies)).not.toContain(id);
  });

  it('contains nothing of a chat without an owner, or if the option is off', async () => {
    const ownerless = await sent(host, await chatsOf(host, null), 'Hello');
    const unasked = await sent(silent, await chatsOf(silent, OWNER), 'Hello');
    for (const body of [...ownerless, ...unasked]) {
      expect(body).not.toHaveProperty('metadata');
      expect(body).not.toHaveProperty('safety_identifier');
    }
    for (const body of unasked) expect(body).not.toHaveProperty('prompt_cache_key');
  });

  it("keeps the host's own values", async () => {
    const own = isClaude
      ? { metadata: { user_id: 'mine' } }
      : { safety_identifier: 'mine', prompt_cache_key: 'ours', metadata: { user_id: 'mine' } };
    for (const body of await sent(host, await chatsOf(host, OWNER, own), 'Hello')) expect(body).toMatchObject(own);
  });
});

describe('The options of forRoot', () => {
  it.each([{ promptCacheKey: 'yes' }, { endUserId: {} }, { endUserId: { secret: ' ' } }, { endUserId: null }])(
    'refuse %j at startup',
    (options) => {
      const given = { apiKey: 'any', ...options } as unknown as GitlabDuoModuleOptions;
      expect(() => resolveOptions(given)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    },
  );
});
