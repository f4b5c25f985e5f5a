import { type EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';
import { type Socket } from 'node:net';

/** A piece of a body that several readers get: encoded once, with and without the frame of a chunk. */
export interface SharedChunk {
  text: string;
  frame: Buffer;
}

/**
 * Writes the body of a response whose head is written, piece by piece. Where the response is plain HTTP/1.1 of `node:http`,
 * a piece goes to the socket as a ready-made chunk: the response itself would write its length, its text and its end as
 * three, which takes a third more CPU a write. What a host has wrapped, to compress it for example, and HTTP/2 get pieces
 * as they are.
 */
export class ChunkWriter {
  private readonly socket: Socket | null;

  constructor(private readonly response: ServerResponse) {
    this.socket = isPlain(response) ? response.socket : null;
  }

  /** Returns false where the reader is behind: then wait for `onDrain`. */
  write(piece: string | SharedChunk): boolean {
    const { socket, response } = this;
    // Within the tick of a write of the response, which goes out at its end, all goes the same way.
    if (socket === null || socket.writableCorked > 0 || response.destroyed) {
      return response.write(typeof piece === 'string' ? piece : piece.text);
    }
    return socket.write(typeof piece === 'string' ? frameOf(piece) : piece.frame);
  }

  /** Writes the last piece, so that it goes out together with the end of the response, which has to follow at once. */
  writeLast(piece: string | SharedChunk): boolean {
    return this.response.write(typeof piece === 'string' ? piece : piece.text);
  }

  /** Calls the listener whenever the reader has caught up, until the returned function is called. */
  onDrain(listener: () => void): () => void {
    const emitters: EventEmitter[] = this.socket === null ? [this.response] : [this.response, this.socket];
    for (const emitter of emitters) emitter.on('drain', listener);
    return () => {
      for (const emitter of emitters) emitter.off('drain', listener);
    };
  }
}

/** A piece for several readers. */
export function sharedChunk(text: string): SharedChunk {
  return { text, frame: Buffer.from(frameOf(text)) };
}

function frameOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function isPlain(response: ServerResponse): boolean {
  const plain = ServerResponse.prototype;
  const isOwn = response instanceof ServerResponse && response.write === plain.write && response.end === plain.end;
  return isOwn && response.chunkedEncoding;
}
