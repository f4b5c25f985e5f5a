import { refuseKey, sessionKey } from './session-key.js';
import { problemOf } from './problem.js';

/** The version of the AI SDK whose messages and streams this page understands. */
const UI_VERSION = '7';

/**
 * Calls the server with the key of this session, if there is one. Used as the `fetch` of `useChat` too.
 * @returns the response, refusals included; a refused key is noted
 */
export async function fetchFromServer(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const { key } = sessionKey.get();
  const headers = new Headers(init.headers);
  headers.set('x-ui-version', UI_VERSION);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  const response = await fetch(input instanceof Request ? input : new URL(input, document.baseURI), {
    ...init,
    headers,
  });
  if (response.status === 401) refuseKey(key);
  return response;
}

/**
 * Makes a call that answers JSON.
 * @throws ServerProblem when the server refuses, TypeError when it does not answer
 */
export async function callServer<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await fetchFromServer(path, {
    method,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw problemOf(await response.text(), response.status);
  return (await response.json()) as T;
}
