/**
 * Prints the package.json of the server's image: the library's, with its peer dependencies and the server's own
 * packages as dependencies. The versions stay those of the lock file.
 */
import { readFileSync } from 'node:fs';

const SERVER_ONLY = [
  '@fastify/static',
  '@nestjs/config',
  '@nestjs/platform-fastify',
  '@nestjs/terminus',
  '@nestjs/throttler',
  'fastify',
  'helmet',
];

const file = new URL('../package.json', import.meta.url);
const { devDependencies, peerDependencies, peerDependenciesMeta, ...manifest } = JSON.parse(readFileSync(file, 'utf8'));
const names = [...Object.keys(peerDependencies), ...SERVER_ONLY];
const missing = names.filter((name) => devDependencies[name] === undefined);
if (missing.length > 0) throw new Error(`package.json has no version of ${missing.join(', ')}.`);
const own = Object.fromEntries(names.map((name) => [name, devDependencies[name]]));
console.log(JSON.stringify({ ...manifest, dependencies: { ...manifest.dependencies, ...own } }, null, 2));
