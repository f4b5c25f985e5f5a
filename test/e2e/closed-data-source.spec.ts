import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Chat, DuoChatService } from '../../src/index.js';
import { startForkedHost, TYPEORM_VERSIONS } from './support/forked-host.js';
import { useTestHost } from './support/use-test-host.js';

describe('A closed data source', () => {
  const host = useTestHost([Chat]);
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('makes every method unavailable until it is open again', async () => {
    const chat = await chats.create();
    const { id } = chat;
    await chat.ask('Hello');
    await host.database.destroy();
    const verbs = {
      create: () => chats.create(),
      find: () => chats.find(id),
      list: () => chats.list(),
      update: () => chats.update(id, { title: 'New' }),
      delete: () => chats.delete(id),
      messages: () => chats.messages(id),
      ask: () => chats.ref(id).ask('And now?'),
      start: () => chats.ref(id).start('And now?'),
      stream: () => chats.ref(id).stream('And now?').next(),
      complete: () => chats.ref(id).complete(),
      generate: () => chats.ref(id).generate(),
      step: () => chats.ref(id).step(),
      runTools: () => chats.ref(id).runTools(),
      isComplete: () => chats.ref(id).isComplete(),
      pendingApprovals: () => chats.ref(id).pendingApprovals(),
      approve: () => chats.ref(id).approve(uuidv7()),
      deny: () => chats.ref(id).deny(uuidv7()),
      addMessage: () => chats.ref(id).addMessage({ role: 'user', content: 'And now?' }),
      usage: () => chats.ref(id).usage(),
      usageOf: () => chats.usageOf({ ownerId: null }),
      findRun: () => chats.findRun(id, uuidv7()),
      'chat.ask': () => chat.ask('And now?'),
    };
    const outcomes = Object.entries<() => Promise<unknown>>(verbs).map(async ([verb, call]) => [
      verb,
      await call().catch((error: unknown) => error),
    ]);
    const unavailable = { code: 'database_unavailable', isRetryable: true };
    expect(await Promise.all(outcomes)).toMatchObject(Object.keys(verbs).map((verb) => [verb, unavailable]));

    await host.database.initialize();
    expect((await chats.ref(id).ask('And now?')).text).toContain('Turn 2');
    expect((await chat.ask('And now?')).text).toContain('Turn 3');
  });

  it.each(Object.keys(TYPEORM_VERSIONS) as (keyof typeof TYPEORM_VERSIONS)[])(
    'binds loaded and saved chats to their service again once it is open, on %s',
    async (version) => {
      const { url = '' } = host.database.options as { url?: string };
      const other = await startForkedHost(version, { primary: url, replica: url, sandbox: host.sandbox.url });
      try {
        for (let times = 0; times < 2; times += 1) {
          expect(await other.does('open again')).toEqual(['done']);
          expect(await other.does('ask a chat that is loaded')).toEqual(['done']);
          expect(await other.does('ask a chat that is saved')).toEqual(['done']);
        }
      } finally {
        other.kill();
      }
    },
  );
});
