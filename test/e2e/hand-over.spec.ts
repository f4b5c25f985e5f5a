import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Chat } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { RunRows } from './support/run-rows.js';
import { type ServerProcess } from './support/server-process.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useServerProcesses } from './support/use-server-processes.js';

jest.setTimeout(120_000);

/** The text that a reader has who takes back what a `reset` says. */
function textOf(events: readonly ReceivedEvent[]): string {
  let text = '';
  for (const { type, data } of events) {
    if (type === 'reset') text = '';
    if (type === 'text-delta') text += data.text as string;
  }
  return text;
}

describe('A server that stops while it answers', () => {
  let shared: TestDatabase;
  let database: DataSource;
  let sandbox: Sandbox;
  let rows: RunRows;
  const servers = useServerProcesses(() => ({ database: shared.url, gitlab: sandbox.url }));

  beforeAll(async () => {
    shared = await createTestDatabase();
    // Makes the tables.
    await (await startTestHost([Chat], { database: shared, migrated: true })).close();
    database = await new DataSource({ type: 'postgres', url: shared.url }).initialize();
    rows = new RunRows(database);
    sandbox = await startSandbox();
  });
  afterAll(async () => {
    await database.destroy();
    await sandbox.close();
    await shared.drop();
  });
  beforeEach(() => {
    sandbox.reset();
  });

  /** Reads until the connection ends, or is cut. */
  async function readAll(response: Response, events: ReceivedEvent[]): Promise<void> {
    try {
      for await (const event of readEvents(response)) events.push(event);
    } catch {
      // Cut.
    }
  }

  /** Asks a server that says five words, and then hangs. */
  async function hangingAsk(server: ServerProcess) {
    const chatId = await server.http.createChat();
    sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
    const events: ReceivedEvent[] = [];
    const reading = readAll(await server.http.openEvents(chatId, 'Hello'), events);
    await until(() => events.filter(({ type }) => type === 'text-delta').length === 5);
    return { chatId, runId: (events[0]?.data.runId as string | undefined) ?? '', events, reading };
  }

  it('leaves its run to the next start, asked to stop alone', async () => {
    const { chatId, runId, reading } = await hangingAsk(await servers.start());
    await servers.all[0]?.stop();
    await reading;
    const [released] = await database.query<unknown[]>('SELECT status, instance_id FROM duo_runs WHERE id = $1', [
      runId,
    ]);
    expect(released).toEqual({ status: 'running', instance_id: null });
    expect(await database.query('SELECT id FROM duo_instances')).toEqual([]);
    const next = await servers.start();
    await until(async () => (await rows.runs(chatId))[0]?.status === 'completed');
    expect((await next.http.messages(chatId)).at(-1)).toMatchObject({ runId, status: 'complete' });
  });

  it('hands its run over to another one, where the reader gets the rest, asked to stop', async () => {
    const [first, second] = [await servers.start(), await servers.start()];
    const { chatId, runId, events, reading } = await hangingAsk(first);
    const stopping = first.stop();
    await until(async () => (await first.http.send('GET', '/health/ready')).status === 503);
    const refused = await first.http.send('POST', `/chats/${chatId}/messages`, { content: 'More' });
    expect([refused.status, refused.body]).toMatchObject([503, { code: 'server_busy' }]);
    expect(refused.headers['retry-after']).toBe('1');
    await reading;
    expect(events.at(-1)?.type).toBe('text-delta');
    const response = await second.http.openRunEvents(chatId, runId, events.at(-1)?.id);
    await readAll(response, events);
    await stopping;
    expect(events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'completed' } });
    const answer = (await second.http.messages(chatId)).at(-1);
    expect(textOf(events)).toBe(answer?.text);
    expect(events.filter(({ type }) => type === 'reset')).toHaveLength(1);
    const indices = events.map(({ id }) => Number(id?.split(':')[1]));
    expect(indices).toEqual([...new Set(indices)].toSorted((left, right) => left - right));
    const [run] = await database.query<unknown[]>('SELECT status, takeovers FROM duo_runs WHERE id = $1', [runId]);
    expect(run).toEqual({ status: 'completed', takeovers: 0 });
    expect(await rows.attempts(chatId)).toEqual(['unknown', 'succeeded']);
  });

  it('ends a run that kills its process each time as interrupted, after two takeovers', async () => {
    const { chatId, runId, events } = await hangingAsk(await servers.start());
    const said = textOf(events);
    await until(async () => (await rows.loggedText(runId)) === said);
    for (const fence of [1, 2]) {
      await servers.all.at(-1)?.kill();
      sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
      await servers.start();
      await until(async () => (await rows.loggedText(runId)) === said.repeat(fence + 1));
      expect((await rows.runs(chatId))[0]).toMatchObject({ status: 'running', fence });
    }
    await servers.all.at(-1)?.kill();
    const last = await servers.start();
    await until(async () => (await rows.runs(chatId))[0]?.status === 'interrupted');
    expect((await rows.runs(chatId))[0]).toMatchObject({ fence: 3, takeovers: 2 });
    const halves = (await last.http.allMessages(chatId)).slice(1);
    expect(halves).toMatchObject(Array.from({ length: 3 }, () => ({ status: 'interrupted', text: said, runId })));
    const log = await rows.log(runId);
    const resets = log.flatMap(([index, event]) => (event.type === 'reset' ? [[index, event.messageId]] : []));
    expect(resets).toEqual(halves.map(({ id }, place) => [(place + 1) * 1_000_000, id]));
    expect(log.at(-1)).toMatchObject([3_000_004, { type: 'run-end', status: 'interrupted' }]);
    expect((await last.http.ask(chatId, 'And now?')).text).toContain('Turn 2');
  });
});
