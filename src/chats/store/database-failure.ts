/**
 * The SQLSTATEs of failures that pass by themselves, by class or by code: a statement that is safe to run twice is sent
 * again, and a caller gets `database_unavailable`. Every other failure is final: it would happen again.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const PASSING_STATES: Readonly<Record<string, string>> = {
  '08': 'connection exception',
  '25006': 'read-only transaction, as on a standby in a failover',
  '25P03': 'idle transaction timed out',
  '25P04': 'transaction timed out',
  '26': 'prepared statement gone, as behind a pooler that has changed the connection',
  '28': 'authorization refused, as by a server whose accounts are not there yet',
  '3D': 'database not there, as while it is restored',
  '40': 'transaction rolled back: deadlock, serialization failure',
  '53': 'insufficient resources: disk, memory, connections',
  '55': 'object not in the required state: locked, or in use',
  '57': 'operator intervention: statement cancelled or timed out, shutdown, start',
  '58': 'system error, such as one of input and output',
  XX000: 'internal error, which poolers return when they have no server',
};

/** Node's codes where the network fails, or the process may open no more sockets. */
const networkCodes =
  /^(E(CONN(RESET|REFUSED|ABORTED)|PIPE|TIMEDOUT|NOTFOUND|AI_\w+|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|ADDRNOTAVAIL|MFILE|NFILE|NOBUFS|PROTO)|ERR_(STREAM_DESTROYED|SOCKET_CLOSED))$/;
/** The messages of pg, its pool and TypeORM, which have no code. */
const lostConnectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|after calling end on the pool|is not queryable|Received unexpected \w+ message from backend|Driver not Connected/;
const lostConnectionNames =
  /^(QueryRunner(Provider)?AlreadyReleased|ConnectionIsNotSet|Cannot(Connect|Execute)\w*Connected|NoConnectionForRepository|CannotGetEntityManagerNotConnected)Error$/;
/** A broken connection, a server that went down, and a commit whose outcome is unknown. */
const mayHaveTakenEffect = /^(08|57P|40003)/;
const UNIQUE_VIOLATION = '23505';

interface Failure {
  name?: string;
  code?: string;
  syscall?: string;
  constraint?: string;
  table?: string;
  message?: string;
}

/** The unique index that a statement violated, if that is why it failed. */
export function violatedUnique(error: unknown): string | undefined {
  const { code, constraint } = error as Failure;
  return code === UNIQUE_VIOLATION ? constraint : undefined;
}

/** The table whose unique index a statement violated, if that is why it failed. */
export function violatedTable(error: unknown): string | undefined {
  const { code, table } = error as Failure;
  return code === UNIQUE_VIOLATION ? table : undefined;
}

/** The SQLSTATE of a failure that passes by itself, with what that means. */
export function passingState(error: unknown): string | undefined {
  const { code } = error as Failure;
  if (code?.length !== 5) return undefined;
  const meaning = PASSING_STATES[code] ?? PASSING_STATES[code.slice(0, 2)];
  return meaning && `${code}: ${meaning}`;
}

/** Whether the failure passes by itself, and the transaction that it ended has certainly had no effect. */
export function isRolledBack(error: unknown): boolean {
  return passingState(error) !== undefined && !mayHaveTakenEffect.test((error as Failure).code ?? '');
}

/** Whether the network failed, or there was no connection. */
export function isConnectionLost(error: unknown): boolean {
  const { name = '', code = '', syscall, message = '' } = error as Failure;
  return (
    networkCodes.test(code) ||
    syscall === 'connect' ||
    lostConnectionNames.test(name) ||
    (code === '' && lostConnectionMessages.test(message))
  );
}

/** Whether the same statement may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  return isConnectionLost(error) || passingState(error) !== undefined;
}
