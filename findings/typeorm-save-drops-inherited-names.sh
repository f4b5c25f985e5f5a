#!/usr/bin/env bash
# TypeORM's save() drops properties of a JSON column whose names are those of methods of Object.prototype.
#
# { "toString": { "a": 1 } } is valid JSON, and the column takes it: insert() and update() store it whole. save() merges the
# columns of an entity deeply before it stores them, and where the target has no such key it finds the method that every
# object inherits instead. The property is then missing from the row, without an error, while the entity that save()
# returns still shows it. Text and numbers under such names survive, so that a test with simple values sees nothing.
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
  columns: { id: { type: Number, primary: true }, data: { type: 'simple-json' } },
});
const source = new typeorm.DataSource({ type: 'sqljs', entities: [Note], synchronize: true });
await source.initialize();
const notes = source.getRepository(Note);
const stored = async (id) => (await source.query(`SELECT data FROM note WHERE id = ${id}`))[0].data;

const data = { plain: { a: 1 }, toString: { a: 1 }, valueOf: 7 };
await notes.insert({ id: 1, data });
console.log('insert() stores:  ', await stored(1));
assert.deepEqual(JSON.parse(await stored(1)), data);

const saved = await notes.save({ id: 2, data });
console.log('save() returns:   ', JSON.stringify(saved.data));
console.log('save() stores:    ', await stored(2));
assert.deepEqual(saved.data, data);
assert.deepEqual(JSON.parse(await stored(2)), { plain: { a: 1 }, valueOf: 7 });
await source.destroy();
console.log('As described: save() stored less than it was given.');
JS
node run.mjs
