import { type HttpRequest } from './http.interface.js';
import { REQUEST_ID_HEADER, requestId } from './request-id.js';

/** Responses belong to their owner: no cache may store them, not even the browser's on disk. */
export const NO_STORE = 'no-store';

/** The headers of every response, problems included. */
export function answerHeaders(request: HttpRequest): [name: string, value: string][] {
  return [
    [REQUEST_ID_HEADER, requestId(request)],
    ['cache-control', NO_STORE],
  ];
}
