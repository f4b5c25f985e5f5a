import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PASSING_STATES } from '../../src/chats/store/database-failure.js';
import { problems } from '../../src/errors/problem.js';
import { eventSchemas } from '../../src/http/openapi/event-schemas.js';
import { ModelRegistry } from '../../src/models/model-registry.js';
import { SANDBOX_FAULTS } from '../../src/sandbox/index.js';
import { HttpClient } from '../e2e/support/http-client.js';
import * as library from '../../src/index.js';
import { root, sectionOf, tableRows } from './blocks.js';
import { useTestServer } from '../e2e/support/use-test-host.js';

const { MemoryChat, DuoAgent, DuoChatService, DuoService } = library;

const code = (cell = ''): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? cell;

const server = useTestServer();

describe('The reference tables', () => {
  it('list every code once in errors.md, with its status', () => {
    const shown = tableRows('errors.md', 'What to do')
      .map(([name, status]) => [code(name), Number(status)] as const)
      .filter(([name]) => /^[a-z_]+$/.test(name));
    expect(shown).toHaveLength(Object.keys(problems).length);
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(Object.entries(problems).map(([name, [status]]) => [name, status])),
    );
  });

  it('list every event in events.md, with its data', () => {
    const shown = tableRows('events.md', 'All events').map(([type, data = '']) => [code(type), data.match(/\w+/g)]);
    const described = Object.values(eventSchemas).flatMap(({ properties }) => {
      if (properties === undefined) return [];
      const { event, data } = properties as unknown as { event: { const: string }; data: { properties: object } };
      return [[event.const, Object.keys(data.properties)]];
    });
    expect(shown).toEqual(described);
  });

  it('list every model in chats.md, with its limits and what it refuses', () => {
    const shown = tableRows('chats.md', 'Models').map(([id, limits, , rules = '']) => [
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

  it('list every route of the server in http.md', () => {
    const calls = tableRows('http.md', 'Routes').flatMap(([cell = '']) =>
      [...cell.matchAll(/`([A-Z]+) (\/[\w/:-]*)/g)].map(([, method, path]) => `${method ?? ''} ${path ?? ''}`),
    );
    const served = server.routes
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, path }) => `${method} ${path}`);
    // The docs are served beside the modules, by the program that starts them.
    expect(calls.sort()).toEqual([...served, 'GET /', 'GET /docs', 'GET /docs-json'].sort());
  });

  it('list every fault of the sandbox in testing.md', () => {
    const [list = ''] = /(^- .*\n)+/m.exec(sectionOf('testing.md', 'Faults').replaceAll(/\n {2,}/g, ' ')) ?? [];
    const shown = [...list.matchAll(/^- (.*?): (.*)$/gm)].flatMap(([, where = '', names = '']) => {
      const prefix = where.startsWith('`') ? where.replace(/`|…/g, '') : '';
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => prefix + (name ?? ''));
    });
    expect(shown.sort()).toEqual([...SANDBOX_FAULTS].sort());
  });

  it('list every transient SQLSTATE in operations.md', () => {
    const shown = tableRows('operations.md', 'When the database fails').map(([state, meaning]) => [
      code(state),
      meaning,
    ]);
    expect(Object.fromEntries(shown)).toEqual(PASSING_STATES);
  });

  it('list exactly the options of forRoot in options.md', () => {
    const shown = tableRows('options.md', '`forRoot`').map(([cell = '']) => /^`(\w+)`/.exec(cell)?.[1]);
    const members = membersOf('src/config/gitlab-duo-options.interface.ts', 'GitlabDuoModuleOptions');
    expect(shown.sort()).toEqual([...members, 'isGlobal'].sort());
  });

  it('list exactly the variables of the server in options.md', () => {
    const source = readFileSync(join(root, 'src/app/environment.ts'), 'utf8');
    const read = new Set([...source.matchAll(/\b(?:read|checked)\('([A-Z_]+)'/g)].map(([, name]) => name));
    const named = (rows: string[][], column: number) =>
      rows.flatMap((cells) => [...(cells[column] ?? '').matchAll(/^`([A-Z_]+)`/g)].map(([, name]) => name));
    const shown = [
      ...named(tableRows('options.md', '`forRoot`'), 1),
      ...named(tableRows('options.md', 'The server'), 0),
    ];
    expect(shown.sort()).toEqual([...read].sort());
  });

  it('name only existing methods and errors in from-rubyllm.md', () => {
    const owners = { chat: MemoryChat, chats: DuoChatService, duo: DuoService, reviewer: DuoAgent };
    const cells = ['Chats', 'Tools and agents', 'Events, usage and models', 'Errors']
      .flatMap((heading) => tableRows('from-rubyllm.md', heading))
      .map(([, cell = '']) => cell);
    const calls = cells.flatMap((cell) => [
      ...[...cell.matchAll(/\b(chat|chats|duo|reviewer)\.(\w+)\(/g)].map(([, owner, verb]) => [owner, verb]),
      ...[...cell.matchAll(/\b(with[A-Z]\w*)\(/g)].map(([, verb]) => ['chat', verb]),
    ]) as [keyof typeof owners, string][];
    expect(calls.length).toBeGreaterThan(30);
    expect(calls.filter(([owner, verb]) => !(verb in owners[owner].prototype))).toEqual([]);
    const errors = cells.flatMap((cell) => [...cell.matchAll(/`(\w+Error)`/g)].map(([, name]) => name ?? ''));
    expect(errors.filter((name) => name !== 'AbortError' && !(name in library))).toEqual([]);
  });
});

/** The names of the members of an interface. */
function membersOf(path: string, name: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return (found as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text);
}

it('X-Run-Id tells whether the question of a failed ask is stored', async () => {
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
