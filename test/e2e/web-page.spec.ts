import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serveWebPage } from '../../src/app/web-page.js';
import { buildWebPage } from './support/build-web-page.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const MAX_SCRIPT_BYTES = 250 * 1024;

describe('The web page', () => {
  let folder: string;
  let server: TestServer;

  beforeAll(async () => {
    folder = await buildWebPage();
    server = await startTestServer({
      apiKeys: [{ owner: 'anna', key: 'a-key-of-anna-for-the-page' }],
      prepare: (app) => serveWebPage(app, { folder, isSandbox: true }),
    });
  });

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function load(path: string): Promise<Response> {
    return fetch(new URL(path, server.url), { redirect: 'manual' });
  }

  /** The addresses of the scripts and styles that the page loads. */
  async function parts(): Promise<string[]> {
    const html = await (await load('/')).text();
    return [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(([, path = '']) => path);
  }

  it('loads with its files without a key, while the API asks for one', async () => {
    const page = await load('/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const paths = await parts();
    expect(paths.map((path) => path.split('.').at(-1)).sort()).toEqual(['css', 'js']);
    for (const path of paths) expect([path, (await load(path)).status]).toEqual([path, 200]);
    expect((await load('/chats')).status).toBe(401);
    expect((await load('/assets/../chats')).status).toBe(401);
    expect((await load('/assets/%2e%2e/index.html')).status).not.toBe(200);
  });

  it('is asked for again at each visit, and its files are kept for a year', async () => {
    expect((await load('/')).headers.get('cache-control')).toBe('no-cache');
    for (const path of await parts()) {
      expect((await load(path)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
  });

  it('may run the scripts of the server alone, and ask the server alone', async () => {
    const policy = (await load('/')).headers.get('content-security-policy') ?? '';
    expect(policy.split(';')).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:"]),
    );
    const html = await (await load('/')).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('comes compressed to a browser that takes it so', async () => {
    const [script = ''] = (await parts()).filter((path) => path.endsWith('.js'));
    const answers = await Promise.all(
      ['gzip, br', 'identity'].map((encoding) =>
        fetch(new URL(script, server.url), { headers: { 'accept-encoding': encoding } }),
      ),
    );
    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual(['gzip', null]);
    const [zipped, plain] = await Promise.all(answers.map((answer) => answer.text()));
    expect(zipped).toBe(plain);
    expect(plain).toBe(await readFile(join(folder, script), 'utf8'));
  });

  it('says that a sandbox answers where one does', async () => {
    expect(await (await load('/')).text()).toContain('<meta name="gateway" content="sandbox"');
  });

  it('has at most 250 KB of JavaScript, gzipped', async () => {
    const assets = join(folder, 'assets');
    const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
    const sizes = await Promise.all(scripts.map(async (name) => gzipSync(await readFile(join(assets, name))).length));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
  });
});
