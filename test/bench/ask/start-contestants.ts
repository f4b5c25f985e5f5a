import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFileSync } from '@swc/core';
import { type BenchServer, startServer } from '../server/start-server.js';

/** Where the servers are compiled to: below `dist`, so that they find the packages, and are not published. */
const compiled = new URL('../../../dist/.bench/', import.meta.url);
const sources = ['run/floor-statements', 'ask/floor-server', 'ask/peer-server'];

/** Compiles the servers that ours is compared with, so that no loader takes part in what is measured. */
export function compileContestants(): void {
  for (const source of sources) {
    const target = fileURLToPath(new URL(`${source}.js`, compiled));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transformFileSync(fileURLToPath(new URL(`../${source}.ts`, import.meta.url))).code);
  }
}

/** Starts the server by hand, on a database that has our tables. */
export function startFloor(upstreamUrl: string, databaseUrl: string): Promise<BenchServer> {
  return startServer('dist/.bench/ask/floor-server.js', [upstreamUrl, databaseUrl], [], {});
}

/**
 * Starts the server on AI SDK, on a database of its own.
 * @param sdk the name of AI SDK's package
 */
export function startPeer(upstreamUrl: string, databaseUrl: string, sdk: string): Promise<BenchServer> {
  const env = { NODE_ENV: 'production' };
  return startServer('dist/.bench/ask/peer-server.js', [upstreamUrl, databaseUrl, sdk], [], env);
}
