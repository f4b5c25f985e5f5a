import { type IncomingMessage } from 'node:http';

import { Refusal } from './reply.js';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The response to a body that exceeds the vendors' limit. */
export const TOO_LARGE = {
  status: 413,
  body: { type: 'error', error: { type: 'request_too_large', message: 'Request exceeds the maximum size' } },
};

/** Reads a request's body as text. Throws a `Refusal` past 32 MB, after reading to the end, so that the client gets it. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= MAX_BODY_BYTES) pieces.push(piece);
  }
  if (size > MAX_BODY_BYTES) throw new Refusal(TOO_LARGE);
  return Buffer.concat(pieces).toString('utf8');
}
