import { type IncomingMessage, type ServerResponse } from 'node:http';

/** What Express' and Fastify's requests have in common here. */
export interface HttpRequest {
  headers: IncomingMessage['headers'];
  url?: string;
  raw?: IncomingMessage;
  body?: unknown;
}

/** What Express' response and Fastify's reply have in common here; `raw` and `hijack` are Fastify's. */
export interface HttpReply {
  raw?: ServerResponse;
  hijack?(): unknown;
  getHeaders(): Record<string, unknown>;
}
