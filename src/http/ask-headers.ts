import { ValidationError } from '../errors/request.errors.js';
import { type HttpRequest } from './http.interface.js';

/** A string of RFC 8941: only `"` and `\` are escaped. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;
/** 1 to 255 printable ASCII characters. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * The key of a request: `"k"` and `k` are the same one.
 * @throws ValidationError for one that is empty, too long or not ASCII, or whose quotes do not match
 */
export function idempotencyKey({ headers }: HttpRequest): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const given = String(header).trim();
  const quoted = QUOTED.exec(given)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = quoted ?? (given.includes('"') ? '' : given);
  if (KEY.test(key)) return key;
  throw new ValidationError('Idempotency-Key must be 1 to 255 printable ASCII characters, in quotes or without them.');
}

/** Whether the client wants to know of the run at once, instead of waiting for its answer (RFC 7240). */
export function prefersAsync({ headers }: HttpRequest): boolean {
  const preferences = String(headers.prefer ?? '').split(',');
  return preferences.some((preference) => /^\s*respond-async\s*(?:$|[;=])/i.test(preference));
}

/** The end of the path of a request that begins a run. */
const ASK_PATH = /\/(?:messages(?:\/[^/]+(?:\/regenerate)?)?|completions)\/?$/;

/** Where the run of a request is that has begun it, below the paths of its mount. */
export function runLocation({ originalUrl, url = '' }: HttpRequest, runId: string): string {
  const [path = ''] = (originalUrl ?? url).split(/[?#]/);
  return path.replace(ASK_PATH, `/runs/${runId}`);
}
