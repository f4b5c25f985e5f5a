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
      ask: () => chats.ask(id, 'And now?'),
      start: () => chats.start(id, 'And now?'),
      stream: () => chats.stream(id, 'And now?').next(),
      complete: () => chats.complete(id),
      step: () => chats.step(id),
      runTools: () => chats.runTools(id),
      isComplete: () => chats.isComplete(id),
      pendingApprovals: () => chats.pendingApprovals(id),
      approve: () => chats.approve(id, uuidv7()),
      deny: () => chats.deny(id, uuidv7()),
      addMessage: () => chats.addMessage(id, { role: 'user', content: 'And now?' }),
      usage: () => chats.usage(id),
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
    expect((await chats.ask(id, 'And now?')).text).toContain('Turn 2');
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
