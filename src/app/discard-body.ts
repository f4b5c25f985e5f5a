import { type IncomingMessage } from 'node:http';

/** How much of a body is read for nothing, and for how long. */
export interface DrainBounds {
  bytes: number;
  ms: number;
}

/** Reads what is still to come of a body, and throws it away; resolves at its end or past the bounds. */
export function drain(request: IncomingMessage, { bytes, ms }: DrainBounds): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = bytes;
    const stop = (): void => {
      clearTimeout(timer);
      request.off('data', count).off('end', stop).off('close', stop);
      resolve();
    };
    const count = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) stop();
    };
    const timer = setTimeout(stop, ms);
    request.on('data', count).on('end', stop).on('close', stop).resume();
  });
}
