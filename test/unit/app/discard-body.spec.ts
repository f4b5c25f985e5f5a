import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { drain } from '../../../src/app/discard-body.js';

/** Longer than a test may take. */
const LONG_MS = 60_000;

describe('discardBody', () => {
  let server: Server;
  let socket: Socket;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    socket.destroy();
    server.close();
  });

  /** Sends the head of a request of ten bytes, and some of these. */
  async function send(body: string): Promise<IncomingMessage> {
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n${body}`);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    return request;
  }

  it('stops at the end of the body', async () => {
    const request = await send('12345');
    let isDrained = false;
    const draining = drain(request, { bytes: 10, ms: LONG_MS }).then(() => (isDrained = true));
    await new Promise(setImmediate);
    expect(isDrained).toBe(false);
    socket.write('67890');
    await draining;
    expect(request.complete).toBe(true);
    await drain(request, { bytes: 10, ms: LONG_MS });
  });

  it('stops after its maximum number of bytes', async () => {
    const request = await send('12345');
    await drain(request, { bytes: 4, ms: LONG_MS });
    expect([request.complete, request.listenerCount('data')]).toEqual([false, 0]);
  });

  it('stops after its time-out', async () => {
    const request = await send('12345');
    await drain(request, { bytes: 10, ms: 20 });
    expect(request.complete).toBe(false);
  });

  it('stops when the connection closes', async () => {
    const request = await send('12345');
    const draining = drain(request, { bytes: 10, ms: LONG_MS });
    request.on('error', () => undefined);
    socket.destroy();
    await draining;
    await drain(request, { bytes: 10, ms: LONG_MS });
  });
});
