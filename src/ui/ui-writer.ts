import { type ServerResponse } from 'node:http';
import { type ChunkWriter } from '../http/chunk-writer.js';
import { addChunk, type UiChunk } from './ui-chunk.interface.js';

const DONE = 'data: [DONE]\n\n';

/** Writes chunks to a response; those that come within `coalesceMs` milliseconds of the last write go out as one. */
export class UiWriter {
  private pending: UiChunk[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writtenAt = -Infinity;
  private keepsUp = true;

  constructor(
    private readonly response: ServerResponse,
    private readonly writer: ChunkWriter,
    private readonly coalesceMs: number,
  ) {
    const undrain = writer.onDrain(() => {
      this.keepsUp = true;
    });
    response.once('close', () => {
      clearTimeout(this.timer);
      // The connection may serve other requests.
      undrain();
    });
  }

  /** @returns whether the reader keeps up */
  write(chunks: readonly UiChunk[]): boolean {
    for (const chunk of chunks) addChunk(this.pending, chunk);
    if (this.pending.length > 0 && this.timer === undefined) {
      const waitMs = this.writtenAt + this.coalesceMs - performance.now();
      if (waitMs <= 0) this.flush();
      else this.timer = setTimeout(this.flush, waitMs);
    }
    return this.keepsUp;
  }

  /** Writes what is left, and says that this was all; the end of the response has to follow at once. */
  finish(chunks: readonly UiChunk[]): void {
    for (const chunk of chunks) addChunk(this.pending, chunk);
    clearTimeout(this.timer);
    if (!this.response.destroyed) this.writer.writeLast(this.take() + DONE);
  }

  private readonly flush = (): void => {
    this.timer = undefined;
    this.writtenAt = performance.now();
    if (!this.response.destroyed) this.keepsUp = this.writer.write(this.take());
  };

  private take(): string {
    return this.pending
      .splice(0)
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
      .join('');
  }
}
