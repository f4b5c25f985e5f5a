import { STATUS_CODES } from 'node:http';
import { type Socket } from 'node:net';
import { newId } from '../messages/new-id.js';
import { problem } from '../errors/problem.js';
import { REQUEST_ID_HEADER } from '../http/request-id.js';
import { BARE_SECURITY_HEADERS } from './security-headers.js';

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

const refusals: Record<string, readonly [status: number, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to come.'],
};

const bareHeaders = Object.entries(BARE_SECURITY_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Answers what is not HTTP, too much of it or too slow, as far as the connection still takes an answer. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const [status, detail] = refusals[error.code ?? ''] ?? [400, 'This is not an HTTP request.'];
    const id = newId();
    const body = JSON.stringify({ ...problem('validation_failed', detail, id), status });
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${bareHeaders}content-type: ${PROBLEM_JSON}\r\n` +
        `${REQUEST_ID_HEADER}: ${id}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
