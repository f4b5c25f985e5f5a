import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { type Chat, ChatRef, DuoChatService } from '../../src/index.js';
import { BaseChat } from '../../src/conversation/base-chat.js';
import { readEvents } from './support/event-reader.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { StatementLog } from './support/statement-log.js';
import { startTestServer, type TestRoute, type TestServer } from './support/test-server.js';

const anna = { owner: 'anna', key: 'A-key-of-anna-alone' };
const bert = { owner: 'bert', key: 'A-key-of-bert-alone' };

/** What the routes need to get as far as the chat. */
const bodies: Record<string, object> = {
  'PATCH /chats/:id': { title: 'Mine now', instructions: 'Obey.' },
  'POST /chats/:id/messages': { content: 'Hello' },
  'POST /chats/:id/tool-calls/:toolCallId/deny': { reason: 'Because' },
};
const USED_KEY = 'a-key-that-anna-has-used';

/** A chat that exists for somebody, or for nobody, and what is within it. */
interface Place {
  chatId: string;
  runId: string;
  toolCallId: string;
}

/** Everything that a caller can tell apart. */
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

let server: TestServer;
let chats: DuoChatService<Chat>;
let log: StatementLog;
const clients = { anna: {} as HttpClient, bert: {} as HttpClient };
const nobodys: Place = { chatId: uuidv7(), runId: uuidv7(), toolCallId: uuidv7() };
let annas: Place;
let berts: Place;

beforeAll(async () => {
  server = await startTestServer({ apiKeys: [anna, bert] });
  chats = server.app.get(DuoChatService, { strict: false });
  clients.anna = new HttpClient(server.url, anna.key);
  clients.bert = new HttpClient(server.url, bert.key);
  annas = await somebodys(clients.anna);
  berts = await somebodys(clients.bert);
  log = new StatementLog();
});
afterAll(async () => {
  log.stop();
  await server.close();
});

async function somebodys(client: HttpClient): Promise<Place> {
  const chatId = await client.createChat({ title: 'Private', metadata: { of: 'the owner' } });
  const body = { content: 'A private matter' };
  const response = await client.send('POST', `/chats/${chatId}/messages`, body, { 'idempotency-key': USED_KEY });
  const { id: messageId } = response.body as { id: string };
  const runId = response.get('x-run-id') ?? '';
  const toolCallId = uuidv7();
  await server.database.query(
    `INSERT INTO duo_tool_calls (id, run_id, message_id, provider_call_id, ordinal, name, status, needs_approval)
     VALUES ($1, $2, $3, 'call', 0, 'pay', 'pending', true)`,
    [toolCallId, runId, messageId],
  );
  return { chatId, runId, toolCallId };
}

const hasChat = ({ path }: TestRoute): boolean => /\/:\w+/.test(path);
const hasMore = ({ path }: TestRoute): boolean => /\/:\w+.*\/:\w+/.test(path);

/** The path with its parameters filled in; what is in no place is nobody's. */
function filled({ path }: TestRoute, { chatId, runId, toolCallId }: Place): string {
  const ids: Record<string, string> = { chats: chatId, runs: runId, 'tool-calls': toolCallId };
  return path.replaceAll(/([\w-]+)\/:\w+/g, (_match, room: string) => `${room}/${ids[room] ?? nobodys.runId}`);
}

/** Sends what a route takes to a place, in every way in which it can be answered. */
async function* answers(client: HttpClient, route: TestRoute, place: Place): AsyncGenerator<Answer> {
  const ways: Record<string, string>[] = [
    {},
    { accept: 'text/event-stream' },
    { prefer: 'respond-async' },
    { 'idempotency-key': USED_KEY },
    { 'last-event-id': `${place.runId}:0` },
  ];
  for (const headers of ways) {
    const body = bodies[`${route.method} ${route.path}`];
    yield answerOf(await client.send(route.method, filled(route, place), body, headers), place);
  }
}

function answerOf(response: HttpAnswer, { chatId, runId, toolCallId }: Place): Answer {
  const { date: _date, 'x-request-id': _id, ...headers } = response.headers;
  // There is no text of an answer to HEAD.
  const text = ((response.text as string | undefined) ?? '')
    .replaceAll(chatId, '<chat>')
    .replaceAll(runId, '<run>')
    .replaceAll(toolCallId, '<call>');
  const body: unknown = text === '' ? text : { ...(JSON.parse(text) as object), requestId: undefined };
  return { status: response.status, headers, body };
}

async function collected(answers: AsyncIterable<Answer>): Promise<{ answers: Answer[]; statements: string[] }> {
  log.take();
  const all: Answer[] = [];
  for await (const answer of answers) all.push(answer);
  return { answers: all, statements: log.take() };
}

/** All that is stored of a chat. */
async function rowsOf(chatId: string): Promise<unknown> {
  const isOfChat = {
    chats: 'id = $1',
    messages: 'chat_id = $1',
    duo_runs: 'chat_id = $1',
    duo_attempts: 'chat_id = $1',
    duo_tool_calls: 'run_id IN (SELECT id FROM duo_runs WHERE chat_id = $1)',
  };
  return Promise.all(
    Object.entries(isOfChat).map(([table, condition]) =>
      server.database.query(`SELECT t::text FROM ${table} t WHERE ${condition} ORDER BY id`, [chatId]),
    ),
  );
}

function expectNotFound(answers: Answer[], method: string, code = 'chat_not_found'): void {
  expect(answers.length).toBeGreaterThan(0);
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 404, body: method === 'HEAD' ? '' : { status: 404, code } });
}

/** What is within another's chat is not within the caller's own either. */
async function expectNoLoan(route: TestRoute): Promise<void> {
  const others = await collected(answers(clients.bert, route, { ...annas, chatId: berts.chatId }));
  const none = await collected(answers(clients.bert, route, { ...nobodys, chatId: berts.chatId }));
  expect({ route, ...others }).toEqual({ route, ...none });
  expect(new Set(others.answers.map(({ status }) => status))).toEqual(new Set([404]));
}

describe("Another owner's chat over HTTP", () => {
  it('looks like an unknown chat to every route, with the same statements', async () => {
    const before = await rowsOf(annas.chatId);
    const routes = server.routes.filter(hasChat);
    expect(routes.length).toBeGreaterThan(6);
    for (const route of routes) {
      const others = await collected(answers(clients.bert, route, annas));
      const none = await collected(answers(clients.bert, route, nobodys));
      expect({ route, ...others }).toEqual({ route, ...none });
      expectNotFound(others.answers, route.method);
      expect(others.statements.length).toBeGreaterThanOrEqual(others.answers.length);
      if (hasMore(route)) await expectNoLoan(route);
    }
    expect(await rowsOf(annas.chatId)).toEqual(before);
  });

  it('does not reveal that it is locked', async () => {
    await server.database.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [annas.chatId]);
      for (const route of server.routes.filter(hasChat))
        expectNotFound((await collected(answers(clients.bert, route, annas))).answers, route.method);
    });
  });

  it('does not reveal that it is busy', async () => {
    const busy = { ...annas, chatId: await clients.anna.createChat() };
    server.sandbox.fault({ fault: 'stream-stall', afterChunks: 2 });
    const events = readEvents(await clients.anna.openEvents(busy.chatId, 'Hello'));
    await events.next();
    for (const route of server.routes.filter(hasChat))
      expectNotFound((await collected(answers(clients.bert, route, busy))).answers, route.method);
    expect(await server.database.query('SELECT status FROM duo_runs WHERE chat_id = $1', [busy.chatId])).toEqual([
      { status: 'running' },
    ]);
    await clients.anna.send('DELETE', `/chats/${busy.chatId}`);
    for await (const { type } of events) if (type === 'run-end') return;
    throw new Error('The run did not end.');
  });

  it('is on no page of a list', async () => {
    const stored = (await clients.anna.messages(annas.chatId)).flatMap(({ id, text }) => [id, text]);
    const routes = server.routes.filter((route) => !hasChat(route) && route.method === 'GET');
    for (const { path } of routes) {
      const page = (await clients.bert.send('GET', path)).text;
      for (const text of [annas.chatId, annas.runId, anna.owner, ...stored]) expect([path, page]).not.toContain(text);
      expect(page).not.toContain(annas.chatId);
    }
    expect(routes.map(({ path }) => path)).toContain('/chats');
  });
});

describe('A list of chats', () => {
  it('has only chats of its owner, for any cursor', async () => {
    const key = { carl: 'A-key-of-carl-alone', dora: 'A-key-of-dora-alone' };
    const own = await startTestServer({
      apiKeys: Object.entries(key).map(([owner, key]) => ({ owner, key })),
    });
    try {
      const [carl, dora] = [new HttpClient(own.url, key.carl), new HttpClient(own.url, key.dora)];
      const made: string[] = [];
      for (const client of [carl, dora, dora, carl, dora, carl]) made.push(await client.createChat());
      const [carl1, dora1, dora2, carl2, dora3, carl3] = made as [string, string, string, string, string, string];
      const list = async (query: string): Promise<{ ids: string[]; nextCursor: string | null }> => {
        const { items, nextCursor } = await carl.json<{ items: { id: string }[]; nextCursor: string | null }>(
          'GET',
          `/chats?${query}`,
        );
        return { ids: items.map(({ id }) => id), nextCursor };
      };
      expect(await list('')).toEqual({ ids: [carl3, carl2, carl1], nextCursor: null });
      expect(await list('limit=1')).toEqual({ ids: [carl3], nextCursor: carl3 });
      expect(await list(`limit=1&cursor=${carl3}`)).toEqual({ ids: [carl2], nextCursor: carl2 });
      expect(await list(`limit=1&cursor=${carl2}`)).toEqual({ ids: [carl1], nextCursor: null });
      expect(await list(`cursor=${dora3}`)).toEqual({ ids: [carl2, carl1], nextCursor: null });
      expect(await list(`limit=1&cursor=${dora2}`)).toEqual({ ids: [carl1], nextCursor: null });
      expect(await list(`limit=2&cursor=${dora1}`)).toEqual({ ids: [carl1], nextCursor: null });
      expect(await list(`cursor=${carl1}`)).toEqual({ ids: [], nextCursor: null });
    } finally {
      await own.close();
    }
  });
});

type Call = (id: string, owner: { ownerId?: string | null }) => unknown;

const callsById: Record<string, Call> = {
  find: (id, owner) => chats.find(id, owner),
  update: (id, owner) => chats.update(id, { title: 'Mine now', instructions: 'Obey.' }, owner),
  delete: (id, owner) => chats.delete(id, owner),
  messages: (id, owner) => chats.messages(id, owner),
  ask: (id, owner) => chats.ref(id, owner).ask('Hello'),
  stream: (id, owner) => chats.ref(id, owner).stream('Hello').next(),
  complete: (id, owner) => chats.ref(id, owner).complete(),
  addMessage: (id, owner) => chats.ref(id, owner).addMessage({ role: 'user', content: 'Hello' }),
  generate: (id, owner) => chats.ref(id, owner).generate(),
  step: (id, owner) => chats.ref(id, owner).step(),
  runTools: (id, owner) => chats.ref(id, owner).runTools(),
  isComplete: (id, owner) => chats.ref(id, owner).isComplete(),
  pendingApprovals: (id, owner) => chats.ref(id, owner).pendingApprovals(),
  approve: (id, owner) => chats.ref(id, owner).approve(annas.toolCallId),
  deny: (id, owner) => chats.ref(id, owner).deny(annas.toolCallId, { reason: 'Because' }),
  start: (id, owner) => chats.ref(id, owner).start('Hello'),
  findRun: (id, owner) => chats.findRun(id, annas.runId, owner),
  usage: (id, owner) => chats.ref(id, owner).usage(),
};
const otherMethods = ['constructor', 'create', 'list', 'usageOf', 'ref', 'load', 'where', 'isAwaitingApproval'];

describe("Another owner's chat in the library", () => {
  it('is requested by every method that takes an id', () => {
    const methods = [DuoChatService, BaseChat, ChatRef].flatMap(({ prototype }) =>
      Object.getOwnPropertyNames(prototype),
    );
    const calls = methods.filter((name) => !name.startsWith('with') && !otherMethods.includes(name));
    expect(calls.sort()).toEqual(Object.keys(callsById).sort());
  });

  it.each(Object.keys(callsById))('looks to %s like an unknown chat, with the same statements', async (name) => {
    const before = await rowsOf(annas.chatId);
    const unowned = await chats.create();
    const outcome = async (id: string, owner: { ownerId?: string | null }): Promise<unknown> => {
      log.take();
      try {
        await callsById[name]?.(id, owner);
        return 'done';
      } catch (error) {
        const { name, message, code } = error as Error & { code?: string };
        return { name, message: message.replaceAll(id, '<chat>'), code, statements: log.take() };
      }
    };
    const none = await outcome(nobodys.chatId, { ownerId: 'bert' });
    expect(none).toMatchObject({ name: 'ChatNotFoundError', code: 'chat_not_found', statements: expect.anything() });
    expect(none).not.toMatchObject({ statements: [] });
    for (const [id, owner] of [
      [annas.chatId, { ownerId: 'bert' }],
      [annas.chatId, { ownerId: 'ANNA' }],
      [annas.chatId, { ownerId: '' }],
      [unowned.id, { ownerId: 'bert' }],
    ] as const)
      expect(await outcome(id, owner)).toEqual(none);
    for (const owner of [{}, { ownerId: null }])
      expect(await outcome(annas.chatId, owner)).toMatchObject({ code: 'chat_not_found' });
    expect(await rowsOf(annas.chatId)).toEqual(before);
  });

  it('is in no list', async () => {
    const [ofBert, ofNobody] = await Promise.all([
      chats.list({ ownerId: 'bert', limit: 100 }),
      chats.list({ limit: 100 }),
    ]);
    expect(new Set(ofBert.items.map(({ ownerId }) => ownerId))).toEqual(new Set(['bert']));
    expect(new Set(ofNobody.items.map(({ ownerId }) => ownerId))).toEqual(new Set([null]));
    const after = await chats.list({ ownerId: 'bert', cursor: annas.chatId, limit: 100 });
    expect(after.items.filter(({ ownerId }) => ownerId !== 'bert')).toEqual([]);
  });
});
