import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Chat, DuoChatService } from '../../src/index.js';
import { type RunEvent } from '../../src/runs/run-event.interface.js';
import { type Sandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { RunRows } from './support/run-rows.js';
import { type ServerProcess } from './support/server-process.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useServerProcesses } from './support/use-server-processes.js';

/** To whom the server says that its chats belong. */
const owner = { ownerId: 'local' };

jest.setTimeout(120_000);

describe('A run whose server is killed', () => {
  let shared: TestDatabase;
  let survivor: TestHost;
  let sandbox: Sandbox;
  let chats: DuoChatService<Chat>;
  let rows: RunRows;
  const servers = useServerProcesses(() => ({ database: shared.url, gitlab: sandbox.url }));

  beforeAll(async () => {
    shared = await createTestDatabase();
    survivor = await startTestHost([Chat], { database: shared, migrated: true });
    ({ sandbox } = survivor);
    chats = survivor.app.get(DuoChatService);
    rows = new RunRows(survivor.database);
  });
  afterAll(async () => {
    await survivor.close();
    await shared.drop();
  });
  beforeEach(() => {
    sandbox.reset();
  });

  const textOf = (events: readonly { type?: string; data: Record<string, unknown> }[]): string =>
    events.flatMap(({ type, data }) => (type === 'text-delta' ? [data.text as string] : [])).join('');

  /** Asks a server that says five words, all of which are in the log, and then hangs. */
  async function hangingRun(server: ServerProcess): Promise<{ chatId: string; runId: string; said: string }> {
    const chatId = await server.http.createChat();
    sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
    const events: ReceivedEvent[] = [];
    const response = await server.http.openEvents(chatId, 'Hello');
    void (async () => {
      for await (const event of readEvents(response)) events.push(event);
    })().catch(() => undefined);
    await until(() => events.filter(({ type }) => type === 'text-delta').length === 5);
    const [run] = (await rows.runs(chatId)) as { id: string }[];
    const runId = run?.id ?? '';
    await until(async () => (await rows.loggedText(runId)) === textOf(events));
    return { chatId, runId, said: textOf(events) };
  }

  const statusOf = async (chatId: string): Promise<unknown> => (await rows.runs(chatId)).at(-1)?.status;

  it('continues under its id on another instance within 5 s', async () => {
    const took: number[] = [];
    for (let kill = 0; kill < 3; kill += 1) {
      const server = await servers.start();
      const { chatId, runId, said } = await hangingRun(server);
      const killedAt = performance.now();
      await server.kill();
      await until(async () => (await rows.log(runId)).some(([index]) => index >= 1_000_000));
      took.push(Math.round(performance.now() - killedAt));
      await until(async () => (await statusOf(chatId)) === 'completed');
      const { items } = await chats.messages(chatId, { ...owner, include: 'superseded' });
      const [, half, answer] = items;
      expect(half).toMatchObject({ seq: 1, status: 'interrupted', text: said, supersededBy: runId, runId });
      expect(answer).toMatchObject({
        seq: 2,
        status: 'complete',
        text: expect.stringMatching(/^Turn 1\. You said/),
        runId,
      });
      expect(await rows.attempts(chatId)).toEqual(['unknown', 'succeeded']);
      const events = (await rows.log(runId)).filter(([index]) => index >= 1_000_000);
      expect(events.slice(0, 2)).toEqual([
        [1_000_000, { type: 'reset', messageId: half?.id, reason: 'server_busy' }],
        [1_000_001, { type: 'message-start', messageId: answer?.id, role: 'assistant' }],
      ]);
      const told = events.map(([, event]) => event);
      const deltas = told.filter((event): event is RunEvent & { type: 'text-delta' } => event.type === 'text-delta');
      expect(deltas.map(({ text }) => text).join('')).toBe(answer?.text);
      expect(told.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
      expect(events.map(([index]) => index)).toEqual(events.map((_event, place) => 1_000_000 + place));
    }
    console.info(`Takeovers took ${took.join(', ')} ms.`);
    expect(Math.max(...took)).toBeLessThan(5_000);
  });
});
