import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { DuoChatService } from '../../src/index.js';
import { RunFollowers } from '../../src/runs/run-followers.service.js';
import { eventsOf } from './support/events-of.js';
import { readEvents, type ReceivedEvent } from './support/event-reader.js';
import { HttpClient } from './support/http-client.js';
import { indexOf, RunClient } from './support/run-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { testTool } from './support/test-tool.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

const pay = testTool('pay', ({ amount }) => `Paid ${JSON.stringify(amount)}`, { requiresApproval: true });
const owner = { ownerId: 'local' };

let one: TestServer;
let two: TestServer;
let http: HttpClient;

beforeAll(async () => {
  one = await startTestServer({ tools: [pay] });
  const { sandbox } = one;
  const gitlab = { instanceUrl: sandbox.url, gatewayUrl: sandbox.url };
  two = await startTestServer({ tools: [pay], ...gitlab, databaseUrl: () => one.databaseUrl });
  http = new HttpClient(one.url);
});
afterAll(async () => {
  await two.close();
  await one.close();
});

/** A chat whose run waits for approval. */
async function parkedRun(): Promise<{ chatId: string; runId: string; callId: string }> {
  const chatId = await http.createChat();
  await one.database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chatId]);
  const { id: runId } = await http.json<{ id: string }>('POST', `/chats/${chatId}/messages`, {
    content: 'call pay {"amount":5}',
  });
  const { items } = await http.json<{ items: { id: string }[] }>('GET', `/chats/${chatId}/tool-calls`);
  return { chatId, runId, callId: items[0]?.id ?? '' };
}

/** Reads the events of a run into a list, up to the end of the stream. */
async function follow(server: TestServer, chatId: string, runId: string) {
  const response = await new RunClient(server.url, chatId).follow(runId);
  const events: ReceivedEvent[] = [];
  const ended = (async () => {
    for await (const event of readEvents(response)) events.push(event);
  })();
  return { events, ended };
}

const statuses = (events: ReceivedEvent[]): unknown[] =>
  events.filter(({ type }) => type === 'run-end').map(({ data }) => data.status);

it.each([
  ['the same instance', () => one],
  ['another instance', () => two],
])('a reader stays past the parking of its run, which continues on %s', async (_name, continuing) => {
  const { chatId, runId, callId } = await parkedRun();
  const readers = await Promise.all([one, two].map((server) => follow(server, chatId, runId)));
  await until(() => readers.every(({ events }) => statuses(events).length === 1));
  await sleep(300);
  const client = new HttpClient(continuing().url);
  await client.send('POST', `/chats/${chatId}/tool-calls/${callId}/approve`);
  const asked = await client.send('POST', `/chats/${chatId}/completions`, {}, { accept: 'text/event-stream' });
  expect(asked.status).toBe(200);
  await Promise.all(readers.map(({ ended }) => ended));
  const [first, second] = readers.map(({ events }) => events);
  expect(second).toEqual(first);
  expect(statuses(first ?? [])).toEqual(['awaiting_approval', 'completed']);
  expect(first?.map(indexOf)).toEqual(first?.map((_event, index) => index));
  expect(first?.map(({ type }) => type)).toContain('tool-result');
  // After the end a reader has both ends in one stream, and an EventSource stops.
  const late = await new RunClient(two.url, chatId).readAsEventSource(runId, 4);
  expect([late.events, late.statuses.at(-1)]).toEqual([first, 204]);
  expect([one, two].map(({ app }) => app.get(RunFollowers).count(runId))).toEqual([0, 0]);
});

it('the stream of a POST, and the events of the library, end where the run is parked', async () => {
  const { chatId, runId, callId } = await parkedRun();
  const run = two.app.get(DuoChatService).ref(chatId, owner).run(runId);
  const before = await eventsOf(run.events());
  expect(before.at(-1)).toMatchObject({ type: 'run-end', status: 'awaiting_approval' });
  expect(await run.status()).toBe('awaiting_approval');
  expect(await run.result()).toMatchObject({ status: 'awaiting_approval' });
  await http.send('POST', `/chats/${chatId}/tool-calls/${callId}/approve`);
  const after = before.at(-1)?.eventIndex;
  expect(await eventsOf(run.events({ after }))).toEqual([]);
  await http.json('POST', `/chats/${chatId}/completions`, {});
  const rest = await eventsOf(run.events({ after }));
  expect(rest.at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
  expect(await eventsOf(run.events())).toEqual([...before, ...rest]);
});

it('the Run of a parked ask has the result and the events of its continuation', async () => {
  const chat = one.app.get(DuoChatService).ref(await http.createChat(), owner);
  await one.database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chat.id]);
  const run = await chat.start('call pay {"amount":5}');
  expect(await run.result()).toMatchObject({ status: 'awaiting_approval' });
  expect((await eventsOf(run.events())).at(-1)).toMatchObject({ type: 'run-end', status: 'awaiting_approval' });
  for (const { id } of await chat.pendingApprovals()) await chat.approve(id);
  const answer = (await chat.complete()) as { id: string };
  expect(await run.result()).toMatchObject({ id: answer.id, status: 'complete' });
  expect((await eventsOf(run.events())).at(-1)).toMatchObject({ type: 'run-end', status: 'completed' });
});

it('the Run of a parked ask that is cancelled rejects, as its ask over HTTP does', async () => {
  const chat = one.app.get(DuoChatService).ref(await http.createChat(), owner);
  await one.database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chat.id]);
  const run = await chat.start('call pay {"amount":5}');
  await run.result();
  await run.cancel();
  await expect(run.result()).rejects.toMatchObject({ code: 'run_cancelled' });
  await expect(chat.run(run.id).result()).rejects.toMatchObject({ code: 'run_cancelled' });
});
