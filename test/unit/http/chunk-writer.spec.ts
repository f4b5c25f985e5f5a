import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ChunkWriter, sharedChunk } from '../../../src/http/chunk-writer.js';

describe('ChunkWriter', () => {
  let server: Server | undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  afterEach(() => {
    agent.destroy();
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(answer: (response: ServerResponse) => Promise<void>): Promise<number> {
    server = createServer((_request, response) => {
      void answer(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function read(port: number): Promise<{ message: IncomingMessage; text: string }> {
    const [message] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage];
    let text = '';
    message.setEncoding('utf8');
    for await (const piece of message) text += piece as string;
    return { message, text };
  }

  /** Writes each piece in a turn of its own, the last one together with the end. */
  async function writePieces(response: ServerResponse, pieces: readonly string[]): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.write('head ');
    const writer = new ChunkWriter(response);
    for (const [index, piece] of pieces.entries()) {
      await nextTurn();
      if (index === pieces.length - 1) writer.writeLast(piece);
      else writer.write(index % 2 === 0 ? piece : sharedChunk(piece));
    }
    response.end();
  }

  it('writes pieces of any text in order, and leaves the connection to the next request', async () => {
    const pieces = ['one ', 'zwölf ', '𝄞 ', ' and the last'];
    const port = await serve((response) => writePieces(response, pieces));
    const first = await read(port);
    const second = await read(port);
    expect(first.text).toBe(`head ${pieces.join('')}`);
    expect(second.text).toBe(first.text);
    expect(first.message.headers['transfer-encoding']).toBe('chunked');
    expect(second.message.socket).toBe(first.message.socket);
  });

  it('writes pieces of one tick in the order in which they come', async () => {
    const port = await serve(async (response) => {
      response.writeHead(200);
      const writer = new ChunkWriter(response);
      response.write('a');
      writer.write('b');
      await nextTurn();
      writer.write('c');
      response.write('d');
      writer.write('e');
      response.end('f');
    });
    expect((await read(port)).text).toBe('abcdef');
  });

  it('passes pieces to a response that a host has wrapped, such as one that is compressed', async () => {
    const port = await serve(async (response) => {
      const gzip = createGzip();
      const [write, end] = [response.write.bind(response), response.end.bind(response)];
      gzip.on('data', (bytes: Buffer) => write(bytes));
      gzip.on('end', () => end());
      response.setHeader('content-encoding', 'gzip');
      Object.assign(response, {
        write: (piece: string) => gzip.write(piece),
        end: () => gzip.end(),
      });
      await writePieces(response, ['packed', ' text']);
    });
    const [message] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage];
    const { createGunzip } = await import('node:zlib');
    let text = '';
    for await (const piece of message.pipe(createGunzip()).setEncoding('utf8')) text += piece as string;
    expect(text).toBe('head packed text');
  });

  it('writes no frames to a client of HTTP/1.0, which knows no chunks', async () => {
    const port = await serve((response) => writePieces(response, ['one ', 'two']));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const bytes of socket) text += String(bytes);
    expect(text.split('\r\n\r\n')[1]).toBe('head one two');
  });

  it('tells when a reader is behind, and when it has caught up', async () => {
    const told: string[] = [];
    const port = await serve(async (response) => {
      response.writeHead(200);
      response.write('-');
      await nextTurn();
      const writer = new ChunkWriter(response);
      const piece = 'x'.repeat(1_000_000);
      let count = 0;
      do count += 1;
      while (writer.write(piece) || count < 8);
      told.push('behind');
      await new Promise<void>((resolve) => {
        const undrain = writer.onDrain(() => {
          undrain();
          resolve();
        });
      });
      told.push('caught up');
      response.end();
    });
    const [message] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage];
    message.pause();
    while (told.length === 0) await nextTurn();
    expect(told).toEqual(['behind']);
    message.resume();
    await once(message, 'end');
    expect(told).toEqual(['behind', 'caught up']);
  });
});
