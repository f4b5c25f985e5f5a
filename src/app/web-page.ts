import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type INestApplication } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};
/** Asked for again at each visit: it names the files of its version. */
const PAGE_CACHE = 'no-cache';
/** The name of a file changes with its contents. */
const FILE_CACHE = 'public, max-age=31536000, immutable';
const GATEWAY = '<meta name="gateway" content="gitlab"';

/** Options of the page. */
export interface WebPageOptions {
  /** The folder that `vite build` has written. */
  folder: string;
  /** Whether the page says that a sandbox answers. */
  isSandbox: boolean;
}

/**
 * Serves the web page at `/` and the files that it loads, from memory.
 * @returns whether there is a page: a server that runs from its sources has not built one
 */
export async function serveWebPage(app: INestApplication, { folder, isSandbox }: WebPageOptions): Promise<boolean> {
  const page = join(folder, 'index.html');
  if (!existsSync(page)) return false;
  const html = await readFile(page, 'utf8');
  await serve(
    app,
    '/',
    page,
    Buffer.from(isSandbox ? html.replace(GATEWAY, GATEWAY.replace('gitlab', 'sandbox')) : html),
    PAGE_CACHE,
  );
  for (const name of await readdir(join(folder, 'assets'))) {
    const file = join(folder, 'assets', name);
    await serve(app, `/assets/${name}`, file, await readFile(file), FILE_CACHE);
  }
  return true;
}

async function serve(app: INestApplication, path: string, file: string, content: Buffer, cache: string): Promise<void> {
  const zipped = await promisify(gzip)(content);
  const type = MEDIA_TYPES[extname(file)] ?? 'application/octet-stream';
  app.getHttpAdapter().get(path, ({ headers }: FastifyRequest, reply: FastifyReply) => {
    const isZipped = new Negotiator({ headers }).encoding(['gzip', 'identity']) === 'gzip';
    void reply
      .type(type)
      .headers({ 'cache-control': cache, vary: 'accept-encoding', ...(isZipped && { 'content-encoding': 'gzip' }) })
      .send(isZipped ? zipped : content);
  });
}
