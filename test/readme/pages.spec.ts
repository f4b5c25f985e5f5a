import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PASSING_STATES } from '../../src/chats/store/database-failure.js';
import { problems } from '../../src/errors/problem.js';
import { eventSchemas } from '../../src/http/openapi/event-schemas.js';
import * as library from '../../src/index.js';
import { ModelRegistry } from '../../src/models/model-registry.js';
import { SANDBOX_FAULTS } from '../../src/sandbox/index.js';
import { type BenchReport } from '../bench/bench-row.interface.js';
import { plotOf } from '../bench/plot.js';
import { tableRow } from '../bench/report.js';
import { HttpClient } from '../e2e/support/http-client.js';
import { useTestServer } from '../e2e/support/use-test-host.js';
import { pageOf, pages, root, sectionOf, tableRows } from './blocks.js';
import { runInShell } from './shell.js';

const MAX_README_BYTES = 8_192;
/** What fits a screen; a cell of a table may make its line longer. */
const MAX_LINE = 120;
const MAX_CELL = 130;

/** What no person writes, and folders of tools. */
const NO_PAGES = /^(node_modules|dist|coverage|fixtures|\.(?!github$).*)$/;

/** All Markdown of the project, by its path from the root. */
const documents = new Map(markdownBelow(root).map((path) => [relative(root, path), readFileSync(path, 'utf8')]));

const prose = (text: string): string => text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

/** Whether the file, and the heading in it, exists that a document links to. */
function exists(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(documents.get(target) ?? '').includes(anchor);
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm);
  const seen = new Map<string, number>();
  return [...headings].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_PAGES.test(entry.name) ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

describe('The links of the documentation', () => {
  it('are checked in the README, the CHANGELOG and docs/', () => {
    expect([...documents.keys()]).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/chats.md']));
  });

  it.each([...documents])('lead from %s only to existing files and headings', (path, text) => {
    const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !/^(https|mailto):/.test(link) && !exists(path, link))).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const linked = [...pageOf('README.md').text.matchAll(/\]\(docs\/([\w-]+\.md)/g)].map(([, name]) => name);
    expect([...new Set(linked)].sort()).toEqual(
      pages
        .map(({ name }) => name)
        .filter((name) => name !== 'README.md')
        .sort(),
    );
  });
});

describe('The form of the documentation', () => {
  it('limits the README to 8 KB', () => {
    expect(statSync(join(root, 'README.md')).size).toBeLessThanOrEqual(MAX_README_BYTES);
  });

  it.each([...documents])('has in %s tables without padding and lines that fit a screen', (_path, text) => {
    const lines = text.replace(/^```[^]*?^```$/gm, '').split('\n');
    const rows = lines.filter((line) => line.startsWith('|'));
    expect(rows.filter((row) => /\S {2,}\||\| {2,}\S|----/.test(row))).toEqual([]);
    const cells = rows.flatMap((row) => row.split(/(?<!\\)\|/));
    expect(cells.filter((cell) => cell.length > MAX_CELL)).toEqual([]);
    const others = lines.filter((line) => !line.startsWith('|') && line.length > MAX_LINE);
    expect(others.filter((line) => / .* /.test(line.trimStart().replace(/^- /, '')))).toEqual([]);
  });
});

it.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names only existing files and folders', (path) => {
  const text = documents.get(path) ?? '';
  const named = [...text.matchAll(/`((?:src|test|docs|migrations)\/[\w./-]*)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
});

it('architecture.md names only functions that their files have', () => {
  const named = [...pageOf('architecture.md').text.matchAll(/`(src\/[\w./-]+\.ts)`\s+\(`(\w+)`/g)];
  expect(named.length).toBeGreaterThan(4);
  const missing = named.filter(
    ([, path = '', name = '']) => !readFileSync(join(root, path), 'utf8').includes(`${name}(`),
  );
  expect(missing.map(([text]) => text)).toEqual([]);
});

const read = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const report = JSON.parse(read('benchmarks.json')) as BenchReport;

it('the table of benchmarks.md has the rows of benchmarks.json, with missed budgets in bold', () => {
  const rows = report.rows.map((row) => {
    const { what, value, against, ratio, budget } = tableRow(row);
    return [what, value, against, row.isMet === false ? `**${ratio ?? ''}**` : ratio, budget];
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(tableRows('benchmarks.md', 'Benchmarks')).toEqual(rows);
  expect(pageOf('benchmarks.md').text).toContain(report.date);
});

it('benchmarks.svg is the plot of benchmarks.json', () => {
  expect(read('benchmarks.svg')).toBe(plotOf(report));
});

it('a plot draws each row that has a budget, met or missed, in either direction, and cuts off what exceeds it by far', () => {
  const row = { name: 'a < b', value: '1', against: '1' };
  const svg = plotOf({
    date: '2026-01-31',
    node: '20.20.2',
    cores: 2,
    rows: [
      { ...row, ratio: 0.5, spread: [0.5, 0.5], budget: { atMost: 1 }, isMet: true },
      { ...row, ratio: 8, spread: [8, 8], budget: { atLeast: 4 }, isMet: true },
      { ...row, ratio: 9, spread: [9, 9], budget: { atMost: 1 }, isMet: false },
      { ...row, ratio: 7, spread: [7, 7], budget: null, isMet: null },
    ],
  });
  const bars = [...svg.matchAll(/<rect class="(bar|missed)" .* width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    width,
  ]);
  expect(bars).toEqual([
    ['bar', '100.0'],
    ['bar', '100.0'],
    ['missed', '300.0'],
  ]);
  expect(svg).toContain('9.00 (≤ 1), missed');
  expect(svg.match(/a &lt; b/g)).toHaveLength(3);
});

const { MemoryChat, DuoAgent, DuoChatService, DuoService } = library;

const code = (cell = ''): string => /^`([^`]+)`$/.exec(cell)?.[1] ?? cell;

/** The names of the members of an interface. */
function membersOf(path: string, name: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return (found as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text);
}

describe('The reference', () => {
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
});

it('The commands of the README run by substitutes on a machine without curl and sed', async () => {
  const server = createServer((request, response) => {
    response.end(`{"title":null,"id":"${request.method ?? ''}-${request.headers.authorization ?? ''}"}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chats`;
    const block = `CHAT=$(curl -s -X POST ${url} -H "authorization: Bearer $KEY" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')\nprintf '%s' "$CHAT"`;
    expect(await runInShell([block], { KEY: 'a-key', PATH: process.env.PATH ?? '' })).toEqual(['POST-Bearer a-key']);
  } finally {
    server.close();
  }
});
