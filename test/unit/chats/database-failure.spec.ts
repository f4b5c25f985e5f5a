import { describe, expect, it } from '@jest/globals';
import * as newest from 'typeorm';
import * as old from 'typeorm-0.3';
import { DatabaseUnavailableError } from '../../../src/errors/chat.errors.js';
import { onDatabase } from '../../../src/chats/store/database-error.js';
import { isPassing } from '../../../src/chats/store/database-failure.js';

/** In their own words: pg 8, pg-pool 3, and Node where the network fails. */
const failures: [string, Error][] = [
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
  'Received unexpected commandComplete message from backend.',
].map((message) => [message, new Error(message)]);
const codes: [string, Error][] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENETUNREACH', 'EAI_AGAIN', 'EMFILE'].map(
  (code) => [code, Object.assign(new Error('failed'), { code })],
);
const missingSocket = Object.assign(new Error('connect ENOENT /run/.s.PGSQL.5432'), {
  code: 'ENOENT',
  syscall: 'connect',
});

/** TypeORM's, of query runners whose connection is gone and of data sources that are closed. */
const typeormFailures = [newest, old].flatMap((typeorm, index): [string, Error][] => {
  const version = index === 0 ? 'TypeORM 1' : 'TypeORM 0.3';
  const errors = [
    new typeorm.QueryRunnerAlreadyReleasedError(),
    new typeorm.QueryRunnerProviderAlreadyReleasedError(),
    new typeorm.ConnectionIsNotSetError('postgres'),
    new typeorm.CannotConnectAlreadyConnectedError('default'),
    new typeorm.CannotExecuteNotConnectedError('default'),
    new typeorm.TypeORMError('Driver not Connected'),
    new typeorm.QueryFailedError('SELECT 1', [], new Error('Connection terminated unexpectedly')),
    new typeorm.QueryFailedError('SELECT 1', [], Object.assign(new Error('deadlock detected'), { code: '40P01' })),
  ];
  return errors.map((error) => [`${version}: ${error.name} "${error.message}"`, error]);
});

const passing: [string, Error][] = [
  ...failures,
  ...codes,
  ['a missing socket of the server', missingSocket],
  ...typeormFailures,
];

describe('isPassing', () => {
  it.each(passing)('is true for a transient failure: %s', async (_name, error) => {
    expect(isPassing(error)).toBe(true);
    const failing = onDatabase(() => Promise.reject(error));
    await expect(failing).rejects.toThrow(DatabaseUnavailableError);
    await expect(failing).rejects.toMatchObject({ isRetryable: true, retryAfterMs: 2_000 });
  });

  it.each<[string, Error]>([
    [
      "a host's trigger that speaks of connections",
      Object.assign(new Error('Connection terminated'), { code: 'P0001' }),
    ],
    ['a missing file', Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' })],
    ['a constraint', Object.assign(new Error('violates'), { code: '23514' })],
    ['a bug', new TypeError('undefined is not a function')],
  ])('is false for a permanent failure: %s', async (_name, error) => {
    expect(isPassing(error)).toBe(false);
    await expect(onDatabase(() => Promise.reject(error))).rejects.toBe(error);
  });
});
