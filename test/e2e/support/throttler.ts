import * as asyncHooks from 'node:async_hooks';
import * as crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import type * as throttler from '@nestjs/throttler';

/**
 * Jest takes this file for `@nestjs/throttler`, which is CommonJS and requires Nest, which is ESM: Node can do that, and
 * Jest on Node before 24.9 cannot. So the package's own files are run here, with what they require handed to them.
 */
const directory = join(import.meta.dirname, '../../../node_modules/@nestjs/throttler/dist');

const loaded = new Map<string, unknown>([
  ['@nestjs/common', common],
  ['@nestjs/core', core],
  ['async_hooks', asyncHooks],
  ['net', net],
  ['node:crypto', crypto],
]);

function load(name: string): unknown {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const exports = {};
  loaded.set(name, exports);
  const source = readFileSync(join(directory, `${name}.js`), 'utf8');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- node:vm would run it in another realm than Jest's
  const run = new Function('require', 'exports', source) as (require: typeof load, exports: object) => void;
  run(load, exports);
  return exports;
}

export const {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  normalizeIp,
  ThrottlerGuard,
  ThrottlerModule,
  ThrottlerStorage,
} = load('./index') as typeof throttler;
