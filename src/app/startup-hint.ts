import { isConnectionLost, passingState } from '../chats/store/database-failure.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { EmbeddedPostgresError } from './embedded-postgres/embedded-postgres.error.js';

/** What a person can do about a server that did not start; `undefined` where only the stack tells. */
export function startupHintFor(error: unknown): string | undefined {
  if (error instanceof GitlabDuoError || error instanceof EmbeddedPostgresError) return error.message;
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is taken by another process: end that one, or set PORT.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}: correct HOST.`;
  if (code === '28P01' || code === '28000') return 'The database refuses the user or the password of DATABASE_URL.';
  if (code === '3D000') return 'The database that DATABASE_URL names does not exist: create it first.';
  if (code === '42P07') {
    return 'A table that a migration makes is there already: synchronize, or another application, made it. Point DATABASE_URL to an empty database, or drop the tables, with their data.';
  }
  if (isConnectionLost(error)) return 'The database does not answer: check that it runs, and DATABASE_URL.';
  const state = passingState(error);
  if (state !== undefined) return `The database refused for now (SQLSTATE ${state}): check it, then start again.`;
  return undefined;
}
