#!/usr/bin/env bash
# TypeORM forgets the subscribers that were added at run time once a data source is closed and opened again.
#
# A library that gets a ready data source adds its subscriber with dataSource.subscribers.push(). That works until
# destroy() and initialize(): initialize() replaces the list with instances of the classes in the options, and the entities
# of the same DataSource object no longer reach the subscriber, without an error or a warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent typeorm@1.1.1 sql.js@1.13.0 reflect-metadata@0.2.2 2>/dev/null
cat >run.mjs <<'JS'
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import typeorm from 'typeorm';

for (const name of ['typeorm', 'sql.js']) {
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
}

const Note = new typeorm.EntitySchema({
  name: 'note',
  columns: { id: { type: Number, primary: true }, text: { type: String } },
});
const source = new typeorm.DataSource({ type: 'sqljs', entities: [Note], synchronize: true });
await source.initialize();
const inserted = [];
source.subscribers.push({ afterInsert: ({ entity }) => inserted.push(entity.text) });

await source.getRepository(Note).save({ id: 1, text: 'first' });
console.log('before: ', inserted, 'subscribers:', source.subscribers.length);
assert.deepEqual(inserted, ['first']);

await source.destroy();
await source.initialize();
await source.getRepository(Note).save({ id: 2, text: 'second' });
console.log('after:  ', inserted, 'subscribers:', source.subscribers.length);
assert.deepEqual(inserted, ['first']);
assert.equal(source.subscribers.length, 0);
await source.destroy();
console.log('As described: the subscriber was not called for the second entity.');
JS
node run.mjs
