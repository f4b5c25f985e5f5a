/** Lets Node run everything on TypeORM 0.3: `--import` this file. */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

export function resolve(specifier, context, next) {
  return next(specifier === 'typeorm' ? 'typeorm-0.3' : specifier, context);
}
