import { inspect, types } from 'node:util';
import { type Redact, redact as redactPatterns } from './redact.js';

const MAX_CAUSE_DEPTH = 5;

/**
 * A copy of an error that can be logged and shown: name, message, stack and code, redacted, and the chain of causes.
 * Whatever else the error holds, such as the request that failed with its headers, stays behind.
 */
export function safeError(error: unknown, redact: Redact = redactPatterns, depth = 0): Error {
  if (!isError(error)) return new Error(redact(typeof error === 'string' ? error : inspect(error)));
  const { errors } = error as { errors?: unknown };
  const cause: unknown = error.cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  const hasCause = cause !== undefined && depth < MAX_CAUSE_DEPTH;
  const safe = new Error(redact(error.message), hasCause ? { cause: safeError(cause, redact, depth + 1) } : undefined);
  Object.defineProperty(safe, 'name', { value: redact(error.name), configurable: true, writable: true });
  safe.stack = redact(error.stack ?? '');
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? Object.assign(safe, { code: redact(code) }) : safe;
}

/** Also of another realm, as Node's own are to code in a VM. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}
