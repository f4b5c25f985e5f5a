import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RunFollowers } from '../../src/runs/run-followers.service.js';
import { startUpstream, type Upstream } from '../bench/upstream/start-upstream.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { indexOf, RunClient, shownTexts } from './support/run-client.js';
import { RunRows } from './support/run-rows.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** A run of two seconds and a half. */
const DELTAS = 50;
const EVERY_MS = 50;
/** The deltas, and what comes before and after them. */
const EVENTS = DELTAS + 4;

jest.setTimeout(120_000);

/** Two instances on one database; `here` works the runs. */
describe('A follower of a run', () => {
  let upstream: Upstream;
  let here: TestServer;
  let there: TestServer;
  let rows: RunRows;
  let http: HttpClient;
  let chatId: string;
  let clients: RunClient[];

  beforeAll(async () => {
    upstream = await startUpstream({ deltas: DELTAS, everyMs: EVERY_MS });
    const gitlab = { instanceUrl: upstream.url, gatewayUrl: upstream.url };
    here = await startTestServer(gitlab);
    there = await startTestServer({ ...gitlab, databaseUrl: () => here.databaseUrl });
    rows = new RunRows(here.database);
    http = new HttpClient(here.url);
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    upstream.stop();
  });
  beforeEach(async () => {
    chatId = await http.createChat();
    clients = [here, there].map(({ url }) => new RunClient(url, chatId));
  });

  /** Begins a run here, and waits for its first events. */
  async function startRun(first = 3): Promise<{ runId: string; events: ReceivedEvent[]; ended: Promise<void> }> {
    const response = await http.openEvents(chatId, 'Tell me everything');
    const events: ReceivedEvent[] = [];
    const ended = (async () => {
      for await (const event of readEvents(response)) events.push(event);
    })();
    await until(() => events.length >= first);
    return { runId: response.headers.get('x-run-id') ?? '', events, ended };
  }

  async function endedRun(): Promise<{ runId: string; events: ReceivedEvent[] }> {
    const { runId, events, ended } = await startRun();
    await ended;
    return { runId, events };
  }

  const clearLog = (runId: string) => here.database.query('DELETE FROM duo_run_events WHERE run_id = $1', [runId]);

  /** All ways to follow from each of these positions, on both instances. */
  function followAll(runId: string, positions: number[]): Promise<[after: number, events: ReceivedEvent[]][]> {
    return Promise.all(
      positions.flatMap((after) =>
        clients.flatMap((client) =>
          (['query', 'header'] as const).map(async (by): Promise<[number, ReceivedEvent[]]> => [
            after,
            await client.eventsAfter(runId, after, by),
          ]),
        ),
      ),
    );
  }

  it('receives exactly the rest at every position, on both instances, while the run works', async () => {
    const { runId, events, ended } = await startRun(DELTAS / 2);
    await until(async () => (await rows.log(runId)).length > DELTAS / 4);
    const logged = (await rows.log(runId)).length;
    const followed = await followAll(
      runId,
      Array.from({ length: logged + 1 }, (_, index) => index - 1),
    );
    await ended;
    expect(events.map(indexOf)).toEqual(Array.from({ length: EVENTS }, (_, index) => index));
    for (const [after, rest] of followed) expect([after, rest]).toEqual([after, events.slice(after + 1)]);
  });

  it('receives exactly the rest at every position, on both instances, after the end', async () => {
    const { runId, events } = await endedRun();
    const positions = events.slice(0, -1).map((_, index) => index - 1);
    for (const [after, rest] of await followAll(runId, positions))
      expect([after, rest]).toEqual([after, events.slice(after + 1)]);
  });

  it('receives 204 after the last event, for an EventSource to stop', async () => {
    const { runId, events, ended } = await startRun();
    const [slow, quick] = await Promise.all(clients.map((client, at) => client.readAsEventSource(runId, at ? 7 : 5)));
    await ended;
    for (const { events: read, statuses } of [slow, quick].flatMap((reader) => reader ?? [])) {
      expect(read).toEqual(events);
      expect(statuses.slice(-2)).toEqual([200, 204]);
    }
  });

  it('receives what the messages say once the log is cleared, counted from 0', async () => {
    const { runId, events } = await endedRun();
    await clearLog(runId);
    for (const client of clients) {
      const rebuilt = await client.eventsAfter(runId);
      expect(rebuilt.map(({ type }) => type)).toEqual([
        'run-start',
        'message-start',
        'text-delta',
        'message-end',
        'run-end',
      ]);
      expect(rebuilt.map(indexOf)).toEqual([0, 1, 2, 3, 4]);
      expect([shownTexts(rebuilt), rebuilt.slice(-2).map(({ data }) => data)]).toEqual([
        shownTexts(events),
        events.slice(-2).map(({ data }) => data),
      ]);
      const lastId = { 'last-event-id': rebuilt.at(-1)?.id ?? '' };
      expect((await client.get(`runs/${runId}/events`, lastId)).status).toBe(204);
      expect((await client.follow(runId, EVENTS - 1)).status).toBe(204);
      // Before the log was cleared, an event in the middle of the run had the index of the last one that is left.
      expect((await client.eventsAfter(runId, 4, 'header')).slice(1)).toEqual(rebuilt);
    }
  });

  it('is corrected where its position is one that the log never had, or has no more', async () => {
    const { runId, events } = await endedRun();
    const messageId = events[1]?.data.messageId;
    const reset = { id: undefined, type: 'reset', data: { messageId, reason: 'server_busy' } };
    for (const client of clients) {
      expect(await client.eventsAfter(runId, EVENTS + 7)).toEqual([reset, ...events]);
    }
    await clearLog(runId);
    for (const after of [0, 2, 20, EVENTS + 7]) {
      const [first, ...rest] = (await clients[1]?.eventsAfter(runId, after, 'header')) ?? [];
      expect([first, shownTexts(rest)]).toEqual([reset, shownTexts(events)]);
    }
  });

  it('waits, and is corrected, where its position is ahead of the log of a run that works elsewhere', async () => {
    const { runId, events, ended } = await startRun();
    const since = performance.now();
    const followed = await clients[1]?.eventsAfter(runId, 40_000, 'header');
    expect(performance.now() - since).toBeGreaterThan(1_900);
    await ended;
    const messageId = events[1]?.data.messageId;
    expect(followed?.[0]).toEqual({ id: undefined, type: 'reset', data: { messageId, reason: 'server_busy' } });
    expect(followed?.slice(1)).toEqual(events.slice(1));
  });

  it('leaves nothing behind', async () => {
    const { runId, ended } = await startRun();
    const counts = () => [here, there].map(({ app }) => app.get(RunFollowers).count(runId));
    const leaving = new AbortController();
    for (const client of clients) {
      const response = await client.follow(runId, -1, 'query', leaving.signal);
      expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
      await response.body?.getReader().read();
    }
    expect(counts()).toEqual([2, 1]);
    leaving.abort();
    await until(() => counts().join() === '1,0', 1_000);
    await ended;
    await until(() => counts().join() === '0,0', 1_000);
  });

  it('shares one poll with all others in its process', async () => {
    const { runId, events, ended } = await startRun();
    const pool = (there.database.driver as unknown as { master: { query: (...given: unknown[]) => unknown } }).master;
    const query = pool.query.bind(pool);
    const polls: number[] = [];
    const client = new RunClient(there.url, chatId);
    const followers = Array.from({ length: 50 }, () => client.eventsAfter(runId));
    await until(() => there.app.get(RunFollowers).count(runId) === 50);
    Object.assign(pool, {
      query: (...given: [{ text: string }]) => {
        if (given[0].text.includes('AS "firstIndex"')) polls.push(performance.now());
        return query(...given);
      },
    });
    try {
      for (const followed of await Promise.all(followers)) expect(followed).toEqual(events);
      await ended;
    } finally {
      Object.assign(pool, { query });
    }
    const lastedMs = (polls.at(-1) ?? 0) - (polls[0] ?? 0);
    expect(lastedMs).toBeGreaterThan(500);
    // Those who come may read once by themselves.
    expect(polls.length).toBeLessThan(lastedMs / 100 + 60);
  });
});
