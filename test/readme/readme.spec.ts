import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplicationContext, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import ts from 'typescript';
import { DataSource } from 'typeorm';
import { Chat, DuoChatService, DuoRouterService, DuoService } from '../../src/index.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { testTool } from '../e2e/support/test-tool.js';
import { HttpClient } from '../e2e/support/http-client.js';
import { startTestHost, type TestHost } from '../e2e/support/test-module.js';
import { startTestServer, type TestServer } from '../e2e/support/test-server.js';
import { textOf, UI_SDKS, uiClient } from '../e2e/support/ui-client.js';
import { until } from '../e2e/support/until.js';
import { type Block, pages, root, snippetFolder, snippets, snippetsOf } from './blocks.js';
import { runInShell } from './shell.js';
import { filledIn, textPattern } from './shown-answer.js';
import { startTlsRelay } from './tls-relay.js';

jest.setTimeout(300_000);

/** What installs, starts or tests this project, or needs a token of GitLab: other tests do that. */
const NOT_RUN = [
  /^npm start .*\nnpm test .*$/,
  /^GITLAB_TOKEN=\S+ npm start$/,
  /^npm install .*\nnpm install .*$/,
  /^export KEY=.*\nAPI_KEYS=\S+ PORT=3001 npm start$/,
  /^docker compose up .*$/,
];

const isCommand = ({ language, text }: Block): boolean =>
  language === 'sh' && !NOT_RUN.some((pattern) => pattern.test(text));
const ofLanguage = (language: string): string[] =>
  pages.flatMap(({ blocks }) => blocks.filter((block) => block.language === language).map(({ text }) => text));

it('The pages show only blocks that are run', () => {
  for (const { name, text, blocks } of pages)
    expect([name, text.match(/```|~~~/g)?.length ?? 0]).toEqual([name, blocks.length * 2]);
  const languages = pages.flatMap(({ blocks }) => blocks.map(({ language }) => language));
  expect([...new Set(languages)].sort()).toEqual(['http', 'json', 'sh', 'ts']);
  expect(NOT_RUN.map((pattern) => ofLanguage('sh').filter((text) => pattern.test(text)).length)).toEqual(
    NOT_RUN.map(() => 1),
  );
});

describe('The programs of the pages', () => {
  const open: { close(): Promise<unknown> }[] = [];
  const given = { ...process.env };
  let sandbox: Sandbox;
  let database: TestDatabase;
  let printed = '';

  beforeEach(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    database = await createTestDatabase();
    setEnvironment({ DATABASE_URL: database.url, GITLAB_TOKEN: 'glpat-testtesttesttesttest' }, sandbox.url);
    Logger.overrideLogger(false);
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const one of open.splice(0).reverse()) await one.close();
    process.env = { ...given };
    await sandbox.close();
    await database.drop();
  });

  function setEnvironment(variables: Record<string, string>, gitlabUrl: string): void {
    Object.assign(process.env, variables, { GITLAB_INSTANCE_URL: gitlabUrl, GITLAB_GATEWAY_URL: gitlabUrl });
  }

  async function boot(module: Parameters<typeof Test.createTestingModule>[0]): Promise<INestApplicationContext> {
    const app = await Test.createTestingModule(module).compile();
    open.push(app);
    return app.init();
  }

  async function host(options?: Parameters<typeof startTestHost>[1]): Promise<TestHost> {
    const started = await startTestHost([Chat], options);
    open.push(started);
    return started;
  }

  /** Lets the model call a tool, streamed and not. */
  async function expectToUse(chat: BaseChat<{ text: string }>, tool: string, result: string): Promise<void> {
    const content = `call ${tool} {"city":"Rome"}`;
    expect((await chat.ask(content)).text).toContain(result);
    let streamed = '';
    for await (const event of chat.stream(content)) if (event.type === 'text-delta') streamed += event.text;
    expect(streamed).toContain(result);
  }

  /** How each is run, by its file. */
  const runs: Record<string, () => Promise<void>> = {
    async 'explainer.ts'() {
      const { AppModule, Explainer } = await import('./snippets/explainer.js');
      const app = await boot({ imports: [AppModule] });
      const answer = await app.get(Explainer).explain('transactions', 'anna');
      expect(answer).toMatchObject({ seq: 2, text: printed });
      expect(printed).toMatch(/^Turn 1. You said: "Explain transactions"/);
    },
    async 'tutor.ts'() {
      const { Tutor } = await import('./snippets/tutor.js');
      const { app, sandbox: own } = await host();
      const chats = app.get<DuoChatService<Chat>>(DuoChatService);
      const { id } = await chats.create({ ownerId: 'anna' });
      const taught = await new Tutor(chats).teach(id, 'anna', new AbortController().signal);
      expect(taught.text).toMatch(/^Turn 3. You said: "And what is a lock\?"/);
      expect(printed.length).toBeGreaterThan(100);
      expect(taught.outputTokens).toBeGreaterThan(0);
      expect(own.calls.requests).toMatchObject({ 'anthropic-messages': 2, 'openai-chat': 1 });
      expect(await chats.find(id, { ownerId: 'anna' })).toMatchObject({
        model: 'duo-chat-haiku-4-5',
        params: { temperature: 0.2 },
      });
    },
    async 'translator.ts'() {
      const { Translator, TranslatorModule } = await import('./snippets/translator.js');
      const app = await boot({ imports: [TranslatorModule] });
      expect((await app.get(Translator).translate('lock')).text).toMatch(/^Turn 1. You said: "lock"/);
    },
    async 'router.ts'() {
      const { answerOf } = await import('./snippets/router.js');
      const { app } = await host();
      const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello' }] }];
      const answer = await answerOf(app.get(DuoRouterService), { model: 'duo-chat-haiku-4-5', messages });
      expect(answer).toMatchObject({
        parts: [{ type: 'text', text: expect.stringMatching(/^Turn 1. You said: "Hello"/) }],
        finishReason: 'stop',
      });
    },
    async 'new-models.ts'() {
      const { NewModelsModule } = await import('./snippets/new-models.js');
      const duo = (await boot({ imports: [NewModelsModule] })).get(DuoService);
      const named = (id: string) => duo.models().find((model) => model.id === id);
      expect(named('duo-chat-opus-6')).toMatchObject({
        maxOutputTokens: 128_000,
        forcedTools: false,
        status: 'active',
      });
      expect(named('duo-chat-haiku-5-5')).toMatchObject({ status: 'active' });
      expect(named('duo-chat-gpt-5-5')).toMatchObject({ api: 'openai-responses' });
    },
    async 'planner.ts'() {
      const { Planner, PlannerModule } = await import('./snippets/planner.js');
      const app = await boot({ imports: [PlannerModule] });
      expect(await app.get(Planner).plan('Somewhere warm')).toEqual({
        city: '',
        text: '{"city":"","days":0,"sights":[]}',
      });
    },
    async 'help-desk.ts'() {
      const archive = await createTestDatabase();
      process.env.ARCHIVE_URL = archive.url;
      open.push({ close: () => archive.drop() });
      const { HelpDesk, HostModule } = await import('./snippets/help-desk.js');
      const { Customer, TicketMessage } = await import('./snippets/tickets.js');
      const app = await boot({ imports: [HostModule] });
      const customer = await app.get(DataSource).getRepository(Customer).save({ name: 'Ann' });
      const desk = app.get(HelpDesk, { strict: false });
      const ticket = await desk.open('anna', 'It burns', customer);
      expect(await app.get(DataSource).getRepository(TicketMessage).findOneBy({ seq: 1 })).toMatchObject({
        chatId: ticket.id,
        model: 'duo-chat-gpt-5-1',
        stars: 0,
      });
      expect((await desk.summarise(ticket.id, 'anna')).text).toContain('user: A customer writes: It burns');
    },
    async 'tickets.ts'() {
      const { Ticket } = await import('./snippets/tickets.js');
      const { app } = await startTicketHost(Ticket);
      const tickets = app.get(DataSource).getRepository(Ticket);
      const ticket = await tickets.save(tickets.create({ subject: 'It burns' }));
      expect(await ticket.ask('Help')).toMatchObject({ model: 'duo-chat-gpt-5-1', seq: 1 });
    },
    async 'ormconfig.ts'() {
      const migrated = await new DataSource({ type: 'postgres', url: shellDatabase.url }).initialize();
      open.push({ close: () => migrated.destroy() });
      const rows: { name: string }[] = await migrated.query('SELECT name FROM migrations ORDER BY id');
      const names = rows.map(({ name }) => name.replace(/\d+$/, ''));
      expect(names).toEqual([
        'CreateDuoTables',
        'RenameDuoIndexes',
        'RenameProviderCallId',
        'AddRunResource',
        'AllowChatlessAttempts',
        'CreateTickets',
      ]);
      expect(await migrated.query('SELECT subject, customer_id FROM tickets')).toEqual([]);
    },
    async 'http-host.ts'() {
      const { start } = await import('./snippets/http-host.js');
      const app = await start(0);
      open.push(app);
      const client = new HttpClient(await app.getUrl());
      const as = (user: string) => ({ cookie: `user=${user}` });
      expect((await client.send('POST', '/chats', {})).status).toBe(401);
      const { id } = (await client.send('POST', '/chats', {}, as('anna'))).body as { id: string };
      const answer = await client.send('POST', `/chats/${id}/messages`, { content: 'Hello' }, as('anna'));
      expect([answer.status, answer.body]).toMatchObject([201, { seq: 1 }]);
      expect((await client.send('GET', `/chats/${id}`, undefined, as('bob'))).status).toBe(404);
      expect((await client.send('GET', '/nowhere')).body).toMatchObject({ code: 'not_found' });
      for (const body of ['{', 'null'])
        expect((await client.send('POST', '/chats', body, as('anna'))).status).toBe(400);
      const unread = await client.send('GET', '/chats/%ff', undefined, as('anna'));
      expect([unread.status, unread.get('content-type')]).toEqual([400, expect.stringMatching(/^application\/json/)]);
      const form = { ...as('anna'), 'content-type': 'application/x-www-form-urlencoded' };
      expect((await client.send('POST', '/chats', 'title=x', form)).status).toBe(415);
      expect((await client.json<{ items: unknown[] }>('GET', '/models')).items).toHaveLength(30);
    },
    async 'ui-host.ts'() {
      const { UiHostModule } = await import('./snippets/ui-host.js');
      const app = await NestFactory.create(UiHostModule, { abortOnError: false });
      open.push(app);
      await app.listen(0, '127.0.0.1');
      const api = `${await app.getUrl()}/api/chat`;
      for (const how of UI_SDKS) {
        const chat = uiClient(how, { api, id: how.name, headers: { cookie: 'user=anna' } });
        await chat.sendMessage({ text: 'Hello' });
        expect([chat.error, textOf(chat.messages[1])]).toEqual([undefined, expect.stringMatching(/^Turn 1/)]);
      }
      const [other] = UI_SDKS.map((how) => uiClient(how, { api, id: how.name }));
      await other?.sendMessage({ text: 'Hello' });
      expect(other?.error?.message).toBe('Sign in first.');
    },
    async 'event-source.ts'() {
      const { showAnswer } = await import('./snippets/event-source.js');
      const { url, text } = await storyOf(servers[0] as TestServer);
      let shown = '';
      const source = showAnswer(url, (text) => (shown = text));
      await until(() => source.readyState === source.CLOSED);
      expect(shown).toBe(text);
    },
    async 'follow-run.ts'() {
      const { eventsOf } = await import('./snippets/follow-run.js');
      const { url, text } = await storyOf(servers[0] as TestServer);
      let told = '';
      let last = '';
      for await (const { type, data } of eventsOf(url)) {
        if (type === 'text-delta') told += data.text as string;
        last = type;
      }
      expect([told, last]).toEqual([text, 'run-end']);
    },
    async 'stories.ts'() {
      const { Stories } = await import('./snippets/stories.js');
      const { app } = await host();
      const chats = app.get<DuoChatService<Chat>>(DuoChatService);
      const { id } = await chats.create({ ownerId: 'anna' });
      const stories = new Stories(chats);
      const runId = await stories.begin(id, 'anna', 'once');
      expect(await stories.begin(id, 'anna', 'once')).toBe(runId);
      let read = '';
      for await (const piece of stories.read(id, 'anna', runId)) read += piece;
      expect(await stories.answer(id, 'anna', runId)).toMatchObject({ seq: 1, text: read });
      await stories.stop(id, 'anna', runId);
      expect((await chats.messages(id, { ownerId: 'anna' })).items).toHaveLength(2);
    },
    async 'second-thoughts.ts'() {
      const { secondThoughts } = await import('./snippets/second-thoughts.js');
      const { app } = await host();
      const chats = app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await chats.create();
      await chat.ask('Name a river in Spain.');
      const [question] = (await chats.messages(chat.id)).items;
      expect(await secondThoughts(chat, question?.id ?? '')).toMatchObject({ model: 'duo-chat-gpt-5-1' });
      const left = (await chats.messages(chat.id)).items.map(({ text }) => text);
      expect(left).toEqual(['Name a river in Portugal.']);
    },
    async 'patience.ts'() {
      const { askPatiently } = await import('./snippets/patience.js');
      const { app, sandbox: own } = await host();
      const chat = await app.get<DuoChatService<Chat>>(DuoChatService).create();
      own.fault({ fault: 'gateway-overloaded' });
      expect(await askPatiently(chat, 'Hello')).toMatchObject({ seq: 1, status: 'complete' });
      own.fault({ fault: 'gateway-bad-request' });
      await expect(askPatiently(chat, 'Hello')).rejects.toMatchObject({ code: 'upstream_error' });
    },
    async 'failover.ts'() {
      const { database } = await import('./snippets/failover.js');
      const app = await boot({ imports: [database] });
      expect(await app.get(DataSource).query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    async 'weather.ts'() {
      const { Stations, Weather } = await import('./snippets/weather.js');
      @Module({ providers: [Stations, Weather] })
      class WeatherModule {}
      const { app } = await host({ imports: [WeatherModule] });
      for (const model of ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol']) {
        const persisted = await app.get<DuoChatService<Chat>>(DuoChatService).create({ model });
        for (const chat of [app.get(DuoService).chat({ model }), persisted])
          await expectToUse(chat.withTools(Weather), 'weather', '"celsius":21');
      }
    },
    async 'payment.ts'() {
      const { Pay, payWith } = await import('./snippets/payment.js');
      @Module({ providers: [Pay] })
      class PaymentModule {}
      const { app } = await host({ imports: [PaymentModule] });
      const chats = app.get<DuoChatService<Chat>>(DuoChatService);
      const chat = await chats.create();
      expect((await payWith(chat, 'boss')).text).toMatch(/^The tools said: "Paid 50"/);
      const { items } = await chats.messages(chat.id);
      expect(items.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
      expect(new Set(items.map(({ runId }) => runId)).size).toBe(1);
    },
    async 'code-reviewer.ts'() {
      const { CodeReviewer, Reviews, ReviewsModule } = await import('./snippets/code-reviewer.js');
      const { app, sandbox: own } = await host({ imports: [ReviewsModule] });
      const reviews = app.get(Reviews);
      expect((await reviews.review('call weather {"city":"Rome"}')).text).toContain('Review this: call weather');
      const chatId = await reviews.open('let x = 1', 'anna');
      expect(printed).toMatch(/^Turn 1. You said: "Review this: let x = 1"/);
      const answer = await reviews.discuss(chatId, 'call weather {"city":"Rome"}', 'anna');
      expect(answer).toMatchObject({ model: 'duo-chat-gpt-5-2', text: expect.stringContaining('"celsius":21') });
      const sent = JSON.stringify(own.calls.lastRequests['openai-chat']?.body);
      expect(sent).toContain('You are a senior developer. You review code, and you are brief.');
      const reviewer = app.get(CodeReviewer, { strict: false });
      for (const model of ['duo-chat-opus-4-6', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-6-sol']) {
        for (const chat of [reviewer.chat().withModel(model), await reviewer.createChat({ model })])
          await expectToUse(chat, 'weather', '"celsius":21');
      }
    },
    async 'team-reviewer.ts'() {
      const { StyleGuides, TeamReviewer } = await import('./snippets/team-reviewer.js');
      @Module({ providers: [StyleGuides, TeamReviewer] })
      class TeamsModule {}
      const { app, sandbox: own } = await host({ imports: [TeamsModule] });
      const answer = await app.get(TeamReviewer, { strict: false }).reviewFor('sales', 'let x = 1', 'anna');
      expect(answer).toMatchObject({ model: 'duo-chat-gpt-5-2', seq: 2 });
      const sent = JSON.stringify(own.calls.lastRequests['openai-chat']?.body);
      expect(sent).toContain('You are a senior developer. The team sales writes short functions.');
    },
    async 'vault.ts'() {
      const strict = await startSandbox({ token: 'glpat-of-anna' });
      open.push(strict);
      setEnvironment({}, strict.url);
      const { TokensModule } = await import('./snippets/vault.js');
      const duo = (await boot({ imports: [TokensModule] })).get(DuoService);
      await expect(duo.testConnection({ ownerId: 'anna' })).resolves.toBeUndefined();
      await expect(duo.testConnection({ ownerId: 'bob' })).rejects.toMatchObject({ code: 'gateway_auth_failed' });
    },
    async 'private-network.ts'() {
      const relay = await startTlsRelay(sandbox.url);
      open.push(relay);
      setEnvironment({}, relay.url);
      const { privateNetwork } = await import('./snippets/private-network.js');
      const app = await boot({ imports: [privateNetwork(join(root, 'test/fixtures/tls/authority.pem'))] });
      await expect(app.get(DuoService).testConnection()).resolves.toBeUndefined();
    },
    async 'sandbox.ts'() {
      await import('./snippets/sandbox.js');
    },
    async 'testing.ts'() {
      await import('./snippets/testing.js');
    },
  };

  async function startTicketHost(ticket: Type<Chat>): Promise<TestHost> {
    const { Customer } = await import('./snippets/tickets.js');
    const { TypeOrmModule } = await import('@nestjs/typeorm');
    const started = await startTestHost([ticket], { imports: [TypeOrmModule.forFeature([Customer])] });
    open.push(started);
    return started;
  }

  it('compile under the settings of the project', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
      config: object;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const files = [...snippets.keys()].map((name) => join(snippetFolder, name));
    const program = ts.createProgram(files, { ...options, noEmit: true });
    // What they import of src is checked where the package is built.
    const complaints = files.flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)));
    expect(complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('are all shown, and each block is the end of one of them', () => {
    const shown = ofLanguage('ts').map((text) => [text, snippetsOf(text)] as const);
    expect(shown.filter(([, names]) => names.length !== 1)).toEqual([]);
    expect([...new Set(shown.flatMap(([, names]) => names))].sort()).toEqual([...snippets.keys()].sort());
  });

  it.each([...snippets.keys()])('behave in %s as its page says', async (name) => {
    await runs[name]?.();
    expect(Object.keys(runs)).toContain(name);
  });
});

const pay = testTool('pay', ({ amount }) => `Paid ${JSON.stringify(amount)}`, { requiresApproval: true });

/** Asks for a story, and returns its text and the URL of its events. */
async function storyOf({ url }: TestServer): Promise<{ url: string; text: string }> {
  const client = new HttpClient(url);
  const chatId = await client.createChat();
  const { runId, text } = await client.ask(chatId, 'Tell me a story');
  return { url: `${url}/chats/${chatId}/runs/${runId ?? ''}/events`, text };
}

/** Makes a chat that has a tool which needs approval. */
async function chatThatPays({ url, database }: TestServer): Promise<string> {
  const chatId = await new HttpClient(url).createChat();
  await database.query(`UPDATE chats SET tools = '["pay"]' WHERE id = $1`, [chatId]);
  return chatId;
}

let shellDatabase: TestDatabase;
let servers: TestServer[] = [];
/** What each command has printed. */
const outputs = new Map<Block, string>();

beforeAll(async () => {
  const key = 'a-key-of-anna-with-32-characters';
  servers = [await startTestServer({ tools: [pay] }), await startTestServer({ apiKeys: [{ owner: 'anna', key }] })];
  shellDatabase = await createTestDatabase();
  const [port, portWithKeys] = servers.map(({ url }) => new URL(url).port);
  const atPorts = (text: string) =>
    text
      .replaceAll('localhost:3000', `127.0.0.1:${port ?? ''}`)
      .replaceAll('localhost:3001', `127.0.0.1:${portWithKeys ?? ''}`);
  const variables = { KEY: key, DATABASE_URL: shellDatabase.url, TICKET: await chatThatPays(servers[0] as TestServer) };
  // A reader may begin with any page: each has a shell of its own.
  for (const { blocks } of pages) {
    const commands = blocks.filter(isCommand);
    if (commands.length === 0) continue;
    const printed = await runInShell(
      commands.map(({ text }) => atPorts(text)),
      variables,
    );
    commands.forEach((command, index) => outputs.set(command, printed[index] ?? ''));
  }
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await shellDatabase.drop();
});

describe('The commands of the pages', () => {
  const answers = pages.flatMap(({ name, blocks }) =>
    blocks.flatMap(({ language, text }, index) => {
      const command = blocks[index - 1];
      return language === 'json' || language === 'http' ? [{ name, command, language, shown: text }] : [];
    }),
  );

  it.each(answers)('get the shown answers: $name, $command.text', ({ command, language, shown }) => {
    expect(command?.language).toBe('sh');
    const answer = outputs.get(command as Block) ?? '';
    if (language === 'http') expect(answer.replaceAll('\r', '')).toMatch(textPattern(shown));
    else expect(JSON.parse(answer)).toEqual(filledIn(JSON.parse(shown), JSON.parse(answer)));
  });

  it('stream the long answer of the quickstart to its end', () => {
    const stories = [...outputs].filter(([{ text }]) => text.includes('Tell me a story'));
    expect(stories.map(([, output]) => output)).toEqual([
      expect.stringMatching(/event: run-end\ndata: \{"status":"completed"/),
    ]);
  });
});
