import { type HttpRequest } from './http.interface.js';
import { REQUEST_ID_HEADER, requestId } from './request-id.js';

/** What an answer shows belongs to its owner: no cache keeps it, the browser's on disk included. */
export const NO_STORE = 'no-store';

/** The headers that every answer has, problems included. */
export function answerHeaders(request: HttpRequest): [name: string, value: string][] {
  return [
    [REQUEST_ID_HEADER, requestId(request)],
    ['cache-control', NO_STORE],
  ];
}
