import { type ServerResponse } from 'node:http';

/** A complete HTTP response. A string body is sent as it is, any other body as JSON. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** Thrown by a rule that refuses a request; `reply` is sent instead of an answer. */
export class Refusal extends Error {
  constructor(readonly reply: Reply) {
    super(`Refused with status ${reply.status}`);
  }
}

export function sendReply(response: ServerResponse, reply: Reply): void {
  const isText = typeof reply.body === 'string';
  const body = isText ? String(reply.body) : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/plain' : 'application/json',
    'content-length': Buffer.byteLength(body),
    ...reply.headers,
  });
  response.end(body);
}
