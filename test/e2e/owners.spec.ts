import { type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import {
  ForbiddenException,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  Scope,
  type Type,
  UnauthorizedException,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type CredentialContext } from '../../src/config/gitlab-duo-options.interface.js';
import { BaseChat } from '../../src/conversation/base-chat.js';
import { DuoService } from '../../src/conversation/duo.service.js';
import { GitlabDuoHttpModule, type OwnerResolver } from '../../src/http/index.js';
import { Chat, ChatRef, DuoChatService, GitlabDuoModule } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { readEvents } from './support/event-reader.js';
import { type HttpAnswer, HttpClient } from './support/http-client.js';
import { KeptLogger } from './support/kept-logger.js';
import { StatementLog } from './support/statement-log.js';
import { sandboxOptions, startTestHost, type TestHost } from './support/test-module.js';
import { startTestServer, type TestRoute, type TestServer } from './support/test-server.js';

const anna = { owner: 'anna', key: 'A-key-of-anna-alone' };
const bert = { owner: 'bert', key: 'A-key-of-bert-alone' };

/** What the routes need to get as far as the chat. */
const bodies: Record<string, object> = {
  'PATCH /chats/:id': { title: 'Mine now', instructions: 'Obey.' },
  'POST /chats/:id/messages': { content: 'Hello' },
  'PUT /chats/:id/messages/:messageId': { content: 'Hello' },
  'POST /chats/:id/tool-calls/:toolCallId/deny': { reason: 'Because' },
};
const USED_KEY = 'a-key-that-anna-has-used';

/** A chat that exists for somebody, or for nobody, and what is within it. */
interface Place {
  chatId: string;
  messageId: string;
  runId: string;
  toolCallId: string;
}

/** Everything that a caller can tell apart. */
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}
const clients = { anna: {} as HttpClient, bert: {} as HttpClient };
const nobodys: Place = { chatId: uuidv7(), messageId: uuidv7(), runId: uuidv7(), toolCallId: uuidv7() };

/** The routes for `useChat` find no chat that is not there, and those for OpenAI clients know no chats. */
const hasChat = ({ path }: TestRoute): boolean => /\/:\w+/.test(path) && !/^\/(?:api\/chat|v1)\b/.test(path);
const hasMore = ({ path }: TestRoute): boolean => /\/:\w+.*\/:\w+/.test(path);

function answerOf(response: HttpAnswer, { chatId, messageId, runId, toolCallId }: Place): Answer {
  const { date: _date, 'x-request-id': _id, ...headers } = response.headers;
  // There is no text of an answer to HEAD.
  const text = ((response.text as string | undefined) ?? '')
    .replaceAll(chatId, '<chat>')
    .replaceAll(messageId, '<message>')
    .replaceAll(runId, '<run>')
    .replaceAll(toolCallId, '<call>');
  const body: unknown = text === '' ? text : { ...(JSON.parse(text) as object), requestId: undefined };
  return { status: response.status, headers, body };
}

type Call = (id: string, owner: { ownerId?: string | null }) => unknown;
const otherMethods = [
  ...['constructor', 'create', 'findOrCreate', 'findExternal', 'list', 'usageOf'],
  ...['ref', 'load', 'where', 'isAwaitingApproval'],
];

describe('Owners', () => {
  let server: TestServer;
  let chats: DuoChatService<Chat>;
  let log: StatementLog;
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
    return { chatId, messageId, runId, toolCallId };
  }

  /** The path with its parameters filled in. */
  function filled({ path }: TestRoute, { chatId, messageId, runId, toolCallId }: Place): string {
    const ids: Record<string, string> = { chats: chatId, messages: messageId, runs: runId, 'tool-calls': toolCallId };
    return path.replaceAll(/([\w-]+)\/:\w+/g, (_match, room: string) => `${room}/${ids[room] ?? ''}`);
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
    // The caller has used the key in this chat, for another request.
    const takesKey = route.path.includes('/messages/') && route.method !== 'DELETE';
    expect(new Set(others.answers.map(({ status }) => status))).toEqual(new Set(takesKey ? [404, 422] : [404]));
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

  const callsById: Record<string, Call> = {
    find: (id, owner) => chats.find(id, owner),
    update: (id, owner) => chats.update(id, { title: 'Mine now', instructions: 'Obey.' }, owner),
    delete: (id, owner) => chats.delete(id, owner),
    messages: (id, owner) => chats.messages(id, owner),
    toolCalls: (id, owner) => chats.toolCalls(id, owner),
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
    run: (id, owner) => chats.ref(id, owner).run(annas.runId).status(),
    runs: (id, owner) => chats.ref(id, owner).runs(),
    cancel: (id, owner) => chats.ref(id, owner).cancel(),
    regenerate: (id, owner) => chats.ref(id, owner).regenerate(annas.messageId),
    edit: (id, owner) => chats.ref(id, owner).edit(annas.messageId, 'Mine now'),
    deleteMessage: (id, owner) => chats.ref(id, owner).deleteMessage(annas.messageId),
  };

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
});

interface HostRequest {
  headers: Record<string, string | undefined>;
}

/** The host's own users, as the resolvers below need them. */
@Injectable()
class Sessions {
  async userOf(cookie: string | undefined): Promise<unknown> {
    await sleep(1);
    if (cookie === undefined) throw new UnauthorizedException('Sign in first.');
    if (cookie === 'suspended') throw new ForbiddenException('Your account is suspended.');
    const users: Record<string, unknown> = {
      undefined: undefined,
      null: null,
      empty: '',
      blank: ' ',
      number: 7,
      list: ['anna'],
    };
    return cookie in users ? users[cookie] : cookie;
  }
}

@Module({ providers: [Sessions], exports: [Sessions] })
class SessionsModule {}

@Injectable()
class SessionOwner implements OwnerResolver {
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  async resolve(request: HostRequest): Promise<string> {
    return (await this.sessions.userOf(request.headers.cookie)) as string;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedOwner implements OwnerResolver {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(REQUEST) private readonly request: HostRequest,
  ) {}

  async resolve(): Promise<string> {
    return (await this.sessions.userOf(this.request.headers.cookie)) as string;
  }
}

describe.each<[string, Type<OwnerResolver>, FastifyAdapter | undefined]>([
  ['a class that needs providers of the host, on Express', SessionOwner, undefined],
  ['a class that needs providers of the host, on Fastify', SessionOwner, new FastifyAdapter()],
  ['a class of the request, on Express', RequestScopedOwner, undefined],
  ['a class of the request, on Fastify', RequestScopedOwner, new FastifyAdapter()],
])('An owner resolved by %s', (_name, owner, adapter) => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let app: INestApplication;
  let client: HttpClient;
  const logger = new KeptLogger();

  beforeAll(async () => {
    database = await createTestDatabase();
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, synchronize: true }),
        GitlabDuoModule.forRoot(sandboxOptions(sandbox)),
        GitlabDuoHttpModule.register({ chat: Chat, owner, imports: [SessionsModule] }),
        GitlabDuoHttpModule.register({ chat: Chat, path: 'shared' }),
      ],
    }).compile();
    module.useLogger(logger);
    app = adapter ? module.createNestApplication(adapter) : module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    client = new HttpClient(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    await app.close();
    await sandbox.close();
    await database.drop();
  });

  function send(method: string, path: string, cookie?: string): Promise<HttpAnswer> {
    return client.send(method, path, undefined, cookie === undefined ? {} : { cookie });
  }

  it('is the caller', async () => {
    const created = await send('POST', '/chats', 'anna');
    const { id } = created.body as { id: string };
    const statuses = await Promise.all(
      ['anna', 'bert'].map(async (who) => (await send('GET', `/chats/${id}`, who)).status),
    );
    expect(statuses).toEqual([200, 404]);
    const chats = app.get<DuoChatService<Chat>>(DuoChatService, { strict: false });
    expect((await chats.find(id, { ownerId: 'anna' })).ownerId).toBe('anna');
  });

  it("can be refused, with the status of Nest's exception", async () => {
    const nobody = await send('GET', '/chats');
    expect([nobody.status, nobody.body]).toMatchObject([401, { code: 'unauthorized', detail: 'Sign in first.' }]);
    expect(nobody.get('content-type')).toContain('application/problem+json');
    const suspended = await send('POST', '/chats', 'suspended');
    expect([suspended.status, suspended.body]).toMatchObject([403, { code: 'forbidden' }]);
  });

  it.each([
    ['undefined', 'undefined'],
    ['empty', 'an empty one'],
    ['blank', 'an empty one'],
    ['number', 'a value of the type number'],
    ['list', 'a value of the type object'],
  ])('is a server error if the class returns one that is %s', async (cookie, told) => {
    const unowned = await send('POST', '/shared');
    const { id } = unowned.body as { id: string };
    for (const [method, path] of [
      ['GET', `/chats/${id}`],
      ['GET', '/chats'],
      ['POST', '/chats'],
    ] as const) {
      logger.lines.length = 0;
      const answer = await send(method, path, cookie);
      expect([answer.status, answer.body]).toMatchObject([500, { code: 'internal_error' }]);
      expect(logger.lines.join('\n')).toContain(
        `${owner.name}.resolve() must name the owner by a string that is not empty, or return null for chats without an owner; it returned ${told}.`,
      );
    }
  });

  it('is null if the class returns null', async () => {
    const unowned = await send('POST', '/shared');
    const { id } = unowned.body as { id: string };
    const created = await send('POST', '/chats', 'null');
    const own = created.body as { id: string };
    expect((await send('GET', `/chats/${own.id}`, 'null')).status).toBe(200);
    expect((await send('GET', `/chats/${own.id}`, 'anna')).status).toBe(404);
    expect((await send('GET', `/chats/${id}`, 'anna')).status).toBe(404);
  });

  it('is null without a class', async () => {
    const created = await send('POST', '/shared', 'anna');
    const { id } = created.body as { id: string };
    expect((await send('GET', `/shared/${id}`)).status).toBe(200);
    expect((await send('GET', `/chats/${id}`, 'anna')).status).toBe(404);
  });
});

describe('A token for each owner', () => {
  let host: TestHost;
  let asked: CredentialContext[] = [];

  beforeAll(async () => {
    host = await startTestHost([Chat], {
      gitlab: {
        apiKey: undefined,
        credentials: (context) => {
          asked.push(context);
          return `glpat-${context.ownerId ?? 'nobody'}`;
        },
      },
    });
  });
  afterAll(() => host.close());
  beforeEach(() => {
    asked = [];
    host.sandbox.reset();
  });

  it('is selected by the owner of a stored chat', async () => {
    const chats = host.app.get<DuoChatService<Chat>>(DuoChatService);
    const created = await Promise.all(['anna', 'bert'].map((ownerId) => chats.create({ ownerId })));
    await Promise.all(created.map((chat) => chat.ask('Hello')));
    expect(new Set(asked.map(({ ownerId, chatId }) => `${ownerId} ${chatId}`))).toEqual(
      new Set(created.map(({ id, ownerId }) => `${ownerId} ${id}`)),
    );
    expect(host.sandbox.calls.exchanges).toBe(2);
  });

  it('is selected by the owner of a chat in memory', async () => {
    const duo = host.app.get(DuoService);
    const chat = duo.chat({ ownerId: 'carla' });
    await chat.ask('Hello');
    await duo.chat().ask('Hello');
    expect(asked).toMatchObject([{ ownerId: 'carla', chatId: chat.id }, { ownerId: null }]);
  });

  it('can be checked', async () => {
    await host.app.get(DuoService).testConnection({ ownerId: 'dora' });
    expect(asked).toMatchObject([{ ownerId: 'dora' }]);
    await expect(host.app.get(DuoService).testConnection({ ownerId: 'revoked' })).rejects.toMatchObject({
      code: 'gateway_auth_failed',
    });
  });
});
