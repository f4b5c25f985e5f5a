import { type IncomingMessage, type ServerResponse } from 'node:http';

/** The fields that the requests of Express and Fastify share. */
export interface HttpRequest {
  headers: IncomingMessage['headers'];
  url?: string;
  /** The whole of it, also within a mount. */
  originalUrl?: string;
  raw?: IncomingMessage;
  body?: unknown;
}

/** The fields that Express's response and Fastify's reply share; only Fastify has `raw` and `hijack`. */
export interface HttpReply {
  raw?: ServerResponse;
  hijack?(): unknown;
  send(body?: unknown): unknown;
  getHeaders(): Record<string, unknown>;
}
