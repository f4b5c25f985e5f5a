import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Chat, DuoChatService } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useServerProcesses } from './support/use-server-processes.js';

/** To whom the server says that its chats belong. */
const owner = { ownerId: 'local' };

jest.setTimeout(120_000);

describe('A revision whose server is killed', () => {
  let shared: TestDatabase;
  let survivor: TestHost;
  let chats: DuoChatService<Chat>;
  const servers = useServerProcesses(() => ({ database: shared.url, gitlab: survivor.sandbox.url }));

  beforeAll(async () => {
    shared = await createTestDatabase();
    survivor = await startTestHost([Chat], { database: shared, migrated: true });
    chats = survivor.app.get(DuoChatService);
  });
  afterAll(async () => {
    await survivor.close();
    await shared.drop();
  });

  it.each(['regenerate', 'edit'])('is continued by another instance, on the history that it left: %s', async (verb) => {
    survivor.sandbox.reset();
    const server = await servers.start();
    const chatId = await server.http.createChat();
    await server.http.ask(chatId, 'One');
    await server.http.ask(chatId, 'Two');
    const [question] = await server.http.messages(chatId);
    survivor.sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
    const path = `/chats/${chatId}/messages/${question?.id}`;
    const async = { prefer: 'respond-async' };
    const accepted =
      verb === 'edit'
        ? await server.http.send('PUT', path, { content: 'Other' }, async)
        : await server.http.send('POST', `${path}/regenerate`, {}, async);
    expect(accepted.status).toBe(202);
    const { id } = accepted.body as { id: string };
    await until(() => survivor.sandbox.calls.openStreams === 1);
    await server.kill();
    const answer = await chats.ref(chatId, owner).run(id).result();
    expect(answer).toMatchObject({ status: 'complete', runId: id });
    expect(answer.text).toContain(`You said: "${verb === 'edit' ? 'Other' : 'One'}"`);
    expect(answer.text).toMatch(/^Turn 1\./);
    const { items } = await chats.messages(chatId, owner);
    expect(items.map(({ role }) => role)).toEqual(['user', 'assistant']);
    const next = await chats.ref(chatId, owner).ask('Next');
    expect(next.text).toMatch(/^Turn 2\./);
  });
});
