import { newId } from '../messages/new-id.js';
import { type HttpRequest } from './http.interface.js';

export const REQUEST_ID_HEADER = 'x-request-id';

const ids = new WeakMap<object, string>();

/** The request's id: the caller's `X-Request-Id` if it is short and plain, or else a generated one. */
export function requestId(request: HttpRequest): string {
  const key = request.raw ?? request;
  let id = ids.get(key);
  if (id === undefined) {
    const given = request.headers[REQUEST_ID_HEADER];
    id = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : newId();
    ids.set(key, id);
  }
  return id;
}
