import { describe, expect, it } from '@jest/globals';
import * as newest from 'typeorm';
import * as old from 'typeorm-0.3';
import { onDatabase } from '../../../src/chats/store/database-error.js';
import { isPassing } from '../../../src/chats/store/database-failure.js';
import { HistoryCache } from '../../../src/chats/store/history-cache.service.js';
import { logValues } from '../../../src/chats/store/log-values.js';
import { StoredHistory } from '../../../src/chats/store/stored-history.js';
import { DatabaseUnavailableError } from '../../../src/errors/chat.errors.js';
import { noUsage } from '../../../src/messages/usage.js';
import { finalEvents } from '../../../src/runs/final-events.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { type FinishRun } from '../../../src/runs/run-end.interface.js';

const tricky = '"seq":-1,\\"seq":-1';
const delta: RunEvent = { type: 'text-delta', text: tricky };
const run: FinishRun = {
  runId: 'run',
  chatId: 'chat',
  fence: 0,
  status: 'completed',
  answer: {
    id: 'message',
    status: 'complete',
    text: tricky,
    parts: [{ type: 'tool-call', id: '1', name: 'seek', arguments: { seq: -1, text: tricky } }],
    model: 'duo-chat-haiku-4-5',
    finishReason: 'tool-calls',
    finishDetail: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  },
  prefixDigest: null,
  attempt: null,
  error: null,
  answerUsage: noUsage,
  usage: noUsage,
  unlogged: { sent: undefined, fresh: { firstIndex: 4, events: [delta] } },
  supersedes: [],
};

/** The last batch as the database joins it. */
function lastBatch(values: unknown[], seq: number): unknown {
  const [head, tail] = [values[3] as string, values[4] as string | null];
  return JSON.parse(head + (tail === null ? '' : String(seq) + tail));
}

describe('the parameters that end the log of a run', () => {
  it('logs the same events that followers get, split around the seq of the answer', () => {
    const values = logValues(run);
    const message = { ...run.answer, seq: 17, chatId: 'chat', runId: 'run', role: 'assistant' } as never;
    expect(lastBatch(values, 17)).toEqual([delta, ...finalEvents(run, message)]);
    expect([values[0], values[1], values[2], values[5]]).toEqual([null, null, 4, 6]);
  });

  it('logs why a run without an answer failed, and needs no seq for that', () => {
    const error = { type: 'x', title: 'x', status: 502, detail: tricky, code: 'upstream_error' as const };
    const failed: FinishRun = { ...run, status: 'failed', answer: null, error };
    const values = logValues(failed);
    expect(values[4]).toBeNull();
    expect(lastBatch(values, 17)).toEqual([delta, ...finalEvents(failed, null)]);
  });

  it('repeats a batch that was sent unchanged, and continues after it', () => {
    const unlogged = { sent: { firstIndex: 2, events: [delta, delta] }, fresh: { firstIndex: 4, events: [] } };
    const values = logValues({ ...run, unlogged });
    expect(values.slice(0, 3)).toEqual([2, JSON.stringify([delta, delta]), 4]);
    expect(values[5]).toBe(5);
  });
});

function history(text: string): StoredHistory {
  const parts = JSON.stringify([{ type: 'text', text }]);
  const header = { done: null, after: -1, version: '1' };
  return StoredHistory.unknown.renewed(header, [[0, 'm', 'user', 'complete', parts, null, null]]);
}

describe('History cache', () => {
  it('keeps the chats of each kind apart, and forgets deleted ones', () => {
    const cache = new HistoryCache();
    const [tickets, notes] = [cache.ofKind(), cache.ofKind()];
    const ticket = history('Ticket');
    tickets.set('1', ticket);
    expect([tickets.get('1'), notes.get('1')]).toEqual([ticket, StoredHistory.unknown]);
    tickets.delete('1');
    expect(tickets.get('1')).toBe(StoredHistory.unknown);
  });

  it('keeps the histories used last within one bound for all kinds', () => {
    const cache = new HistoryCache();
    const [tickets, notes] = [cache.ofKind(), cache.ofKind()];
    const megabytes = (count: number) => history('x'.repeat(count * 1024 * 1024));
    tickets.set('old', megabytes(4));
    tickets.set('used', megabytes(4));
    notes.set('new', megabytes(4));
    tickets.get('used');
    notes.set('newer', megabytes(6));
    const isKept = (kept: StoredHistory) => kept !== StoredHistory.unknown;
    expect([tickets.get('old'), tickets.get('used'), notes.get('new'), notes.get('newer')].map(isKept)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    tickets.set('huge', megabytes(20));
    expect(isKept(tickets.get('huge'))).toBe(false);
    expect(isKept(tickets.get('used'))).toBe(true);
  });

  it('counts the size of a history again as it grows', () => {
    const first = history('x'.repeat(1_000));
    const second = first.renewed({ done: null, after: 0, version: '2' }, [
      [1, 'n', 'assistant', 'complete', '[]', 'stop', null],
    ]);
    expect(second.messages.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(second.messages[0]).toBe(first.messages[0]);
    expect(second.bytes).toBeGreaterThan(first.bytes);
    expect(second.renewed({ done: null, after: -1, version: '3' }, [])).toMatchObject({ messages: [], bytes: 0 });
  });
});

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
