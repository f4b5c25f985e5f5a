import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PASSING_STATES } from '../../src/chats/store/database-failure.js';
import { problems } from '../../src/errors/problem.js';
import { eventSchemas } from '../../src/http/openapi/event-schemas.js';
import { ModelRegistry } from '../../src/models/model-registry.js';
import { SANDBOX_FAULTS } from '../../src/sandbox/index.js';
import { HttpClient } from '../e2e/support/http-client.js';
import { startTestServer, type TestServer } from '../e2e/support/test-server.js';
import { readme, tableRows } from './blocks.js';

const code = (cell = ''): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? cell;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('The tables of the README', () => {
  it('have every error, with its status', () => {
    const shown = tableRows('Errors and what to do', 'code').map(([name, status]) => [code(name), Number(status)]);
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(Object.entries(problems).map(([name, [status]]) => [name, status])),
    );
  });

  it('have every event, with its data', () => {
    const shown = tableRows('Server-sent events', 'event').map(([type, data = '']) => [code(type), data.match(/\w+/g)]);
    const described = Object.values(eventSchemas).flatMap(({ properties }) => {
      if (properties === undefined) return [];
      const { event, data } = properties as unknown as { event: { const: string }; data: { properties: object } };
      return [[event.const, Object.keys(data.properties)]];
    });
    expect(shown).toEqual(described);
  });

  it('have every model, with its limits, and what it refuses', () => {
    const shown = tableRows('Models', 'model').map(([id, limits, , rules = '']) => [
      code(id),
      limits,
      rules.includes('refuses forced tools'),
      rules.includes('bound to its prefix'),
      rules.includes('takes sampling'),
      rules.includes('no effort beside tools'),
      rules.includes('no PDF'),
      /\d{4}-\d\d-\d\d/.exec(rules)?.[0] ?? null,
    ]);
    const thousands = (tokens: number | null) => Number(tokens) / 1_000;
    expect(shown).toEqual(
      new ModelRegistry([{ id: 'duo-chat-haiku-5-5' }])
        .list()
        .map((model) => [
          model.id,
          `${thousands(model.contextWindow)} / ${thousands(model.maxOutputTokens)}`,
          !model.forcedTools,
          model.boundThinking,
          model.sampling,
          !model.effortWithTools,
          !model.inputs.includes('pdf'),
          model.endOfLife,
        ]),
    );
  });

  it('have every route of the server', () => {
    const calls = tableRows('HTTP', 'call').flatMap(([cell = '']) =>
      [...cell.matchAll(/`([A-Z]+) (\/[\w/:-]*)/g)].map(([, method, path]) => `${method ?? ''} ${path ?? ''}`),
    );
    const served = server.routes
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, path }) => `${method} ${path}`);
    // The docs are served beside the modules, by the program that starts them.
    expect(calls.sort()).toEqual([...served, 'GET /', 'GET /docs', 'GET /docs-json'].sort());
  });

  it('have every fault of the sandbox', () => {
    const shown = tableRows('The sandbox in your tests', 'where').flatMap(([where = '', names = '']) => {
      const prefix = where.startsWith('`') ? where.replace(/`|…/g, '') : '';
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => prefix + (name ?? ''));
    });
    expect(shown.sort()).toEqual([...SANDBOX_FAULTS].sort());
  });

  it('have every SQLSTATE that passes', () => {
    const shown = tableRows('When the database fails', 'SQLSTATE').map(([state, meaning]) => [code(state), meaning]);
    expect(Object.fromEntries(shown)).toEqual(PASSING_STATES);
  });

  it('lead to sections that there are', () => {
    const headings = [...readme.matchAll(/^##+ (.*)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replace(/\W+/g, '-'),
    );
    const links = [...readme.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    expect(headings).toEqual(expect.arrayContaining(links));
  });
});

it('tells by X-Run-Id whether a question that failed is stored', async () => {
  const client = new HttpClient(server.url);
  const chatId = await client.createChat();
  const ask = (body: object, accept: string) => client.send('POST', `/chats/${chatId}/messages`, body, { accept });
  for (const accept of ['application/json', 'text/event-stream']) {
    server.sandbox.fault({ fault: 'gateway-overloaded' });
    const failed = await ask({ content: 'Hello' }, accept);
    const refused = await ask({ content: 'Hello', model: 'none' }, accept);
    expect([failed, refused].map(({ status, headers }) => [status, 'x-run-id' in headers])).toEqual([
      [503, true],
      [422, false],
    ]);
  }
  expect((await client.messages(chatId)).map(({ role }) => role)).toEqual(['user', 'user']);
});
