#!/usr/bin/env bash
# What validate() of @nestjs/config returns is written to process.env, so one application decides the settings of the next.
#
# validate() receives the environment and returns the settings, its own defaults filled in. The module copies each of them
# that process.env lacks into process.env, as a string. A second application of the same process, such as the next test or a
# worker beside a server, then finds the first one's default as if that variable had been set: its own default never
# applies, and a number has become a string. Child processes inherit it as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @nestjs/common@12.5.1 @nestjs/core@12.5.1 @nestjs/config@12.0.1 \
  reflect-metadata@0.2.2 rxjs@7.8.2 2>/dev/null
cat >run.mjs <<'JS'
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, ConfigService } from '@nestjs/config';

for (const name of ['@nestjs/core', '@nestjs/config']) {
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
}

async function limitOf(defaults) {
  class AppModule {}
  Module({
    imports: [ConfigModule.forRoot({ ignoreEnvFile: true, validate: (variables) => ({ ...defaults, ...variables }) })],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const limit = app.get(ConfigService).get('SHOP_LIMIT');
  await app.close();
  return limit;
}

assert.equal(process.env.SHOP_LIMIT, undefined);
const first = await limitOf({ SHOP_LIMIT: 10 });
console.log('the first application, default 10: ', first, typeof first);
console.log('process.env.SHOP_LIMIT afterwards: ', process.env.SHOP_LIMIT);
const second = await limitOf({ SHOP_LIMIT: 99 });
console.log('the second application, default 99:', second, typeof second);
assert.deepEqual([first, process.env.SHOP_LIMIT, second], [10, '10', '10']);
console.log('As described: the second application has the default of the first, as a string.');
JS
node run.mjs
