import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import {
  Chat,
  type ChatRef,
  DuoChatService,
  type DuoMessage,
  RunNotFoundError,
  TooManyFollowersError,
} from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { eventsOf } from './support/events-of.js';
import { sandboxOptions, startTestHost, type TestHost } from './support/test-module.js';

jest.setTimeout(120_000);

/** Two instances on one database; `here` works the runs. */
describe('A run of another instance', () => {
  let shared: TestDatabase;
  let here: TestHost;
  let there: TestHost;
  let chat: ChatRef<DuoMessage>;
  let same: ChatRef<DuoMessage>;

  beforeAll(async () => {
    shared = await createTestDatabase();
    here = await startTestHost([Chat], { database: shared, migrated: true });
    const gitlab = { ...sandboxOptions(here.sandbox), limits: { followers: 2 } };
    there = await startTestHost([Chat], { database: shared, migrated: true, gitlab });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await shared.drop();
  });
  beforeEach(async () => {
    here.sandbox.reset();
    const { id } = await here.app.get<DuoChatService<Chat>>(DuoChatService).create();
    [chat, same] = [here, there].map(({ app }) => app.get<DuoChatService<Chat>>(DuoChatService).ref(id)) as [
      ChatRef<DuoMessage>,
      ChatRef<DuoMessage>,
    ];
  });

  const stall = (delayMs?: number): void => {
    here.sandbox.fault({ fault: 'stream-stall', afterChunks: 3, ...(delayMs !== undefined && { delayMs }) });
  };

  it('has the same events, status and result as on its own instance', async () => {
    stall(1_500);
    const run = await chat.start('Hello');
    const elsewhere = same.run(run.id);
    const [events, followed, result] = await Promise.all([
      eventsOf(run.events()),
      eventsOf(elsewhere.events()),
      elsewhere.result(),
    ]);
    expect(followed).toEqual(events);
    expect(result).toEqual(await run.result());
    expect([await elsewhere.status(), elsewhere.chatId]).toEqual(['completed', chat.id]);
    expect(await eventsOf(elsewhere.events({ after: 2 }))).toEqual(events.slice(3));
    expect(await eventsOf(elsewhere.events({ after: events.length - 1 }))).toEqual([]);
  });

  it('is waited for, and not only looked up', async () => {
    stall(1_000);
    const run = await chat.start('Hello');
    expect(await same.run(run.id).status()).toBe('running');
    expect((await same.run(run.id).result()).text).toBe((await run.result()).text);
  });

  it('fails as on its own instance, also later', async () => {
    here.sandbox.fault({ fault: 'gateway-bad-request' });
    const run = await chat.start('Hello');
    const error = (await run.result().catch((error: unknown) => error)) as Error & { code: string };
    for (const ref of [same, chat]) {
      const { code, message } = error;
      await expect(ref.run(run.id).result()).rejects.toMatchObject({ code, message });
    }
    expect(await same.runs({ status: 'failed' })).toMatchObject({
      items: [{ id: run.id, error: { code: 'upstream_error', status: 502 } }],
      nextCursor: null,
    });
  });

  it('is unknown to another chat, also where it works', async () => {
    stall(500);
    const run = await chat.start('Hello');
    const other = await here.app.get<DuoChatService<Chat>>(DuoChatService).create();
    for (const use of [
      () => other.run(run.id).status(),
      () => other.run(run.id).result(),
      () => eventsOf(other.run(run.id).events()),
    ])
      await expect(use()).rejects.toThrow(RunNotFoundError);
    await run.result();
  });

  it('takes as many followers per process as the limits say', async () => {
    stall(1_000);
    const run = await chat.start('Hello');
    const followed = [same.run(run.id), same.run(run.id)].map((each) => eventsOf(each.events()));
    await sleep(100);
    await expect(eventsOf(same.run(run.id).events())).rejects.toThrow(TooManyFollowersError);
    const [events] = await Promise.all(followed);
    expect(await eventsOf(same.run(run.id).events())).toEqual(events);
  });

  it('ends its loop when the signal of its follower aborts', async () => {
    stall(1_000);
    const run = await chat.start('Hello');
    const events: unknown[] = [];
    for await (const event of same.run(run.id).events({ signal: AbortSignal.timeout(300) })) events.push(event);
    expect(await run.status()).toBe('running');
    await run.result();
  });

  it('has its answer parsed where a later request with its key has a schema', async () => {
    const options = { schema: z.strictObject({ city: z.string() }), idempotencyKey: 'one' };
    const run = await chat.start('Where?', options);
    const joined = await same.start('Where?', options);
    expect(joined.id).toBe(run.id);
    expect((await joined.result()).parsed).toEqual((await run.result()).parsed);
    expect((await (await same.start('Where?', options)).result()).parsed).toEqual({ city: '' });
  });
});
