import { type ServerResponse } from 'node:http';
import { type ChunkWriter } from '../http/chunk-writer.js';
import { type StreamFormat, type WrittenForm } from '../http/run-responder.js';
import { drained, type EventStream, openEvents, writeLive } from '../http/sse-response.js';
import { LiveRun } from '../runs/live-run.js';
import { type UiChunks } from './ui-chunks.js';
import { UiWriter } from './ui-writer.js';

/** Says what the stream is. */
const HEADER = { 'x-vercel-ai-ui-message-stream': 'v1' };
const OPEN = ': stream-open\n\n';

/** A run as AI SDK's UI message stream. */
export function uiStream(chunks: UiChunks, coalesceMs: number): StreamFormat {
  return (response) => new UiStream(response, chunks, coalesceMs);
}

class UiStream implements WrittenForm {
  private open: { writer: ChunkWriter; uiWriter: UiWriter } | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly chunks: UiChunks,
    private readonly coalesceMs: number,
  ) {}

  /** The connection is cut, not ended, where the run continues elsewhere: a clean end looks like a whole answer. */
  async write({ headers, events, timing }: EventStream): Promise<void> {
    const { response, chunks } = this;
    const { writer, end } = openEvents(response, { headers: { ...headers, ...HEADER }, timing }, OPEN);
    const uiWriter = new UiWriter(response, writer, this.coalesceMs);
    this.open = { writer, uiWriter };
    try {
      if (events instanceof LiveRun) await this.takeLive(events, events.firstIndex);
      else {
        for await (const batch of events) {
          if (!uiWriter.write(chunks.add(batch.events))) await drained(response, writer);
          if (response.destroyed) return;
        }
      }
      if (chunks.isComplete) uiWriter.finish(chunks.last());
      else response.destroy();
    } catch (error) {
      response.destroy();
      throw error;
    } finally {
      end();
    }
  }

  readonly takeLive = (run: LiveRun, from: number): Promise<number> => {
    const { open, response, chunks } = this;
    if (open === undefined) throw new Error('The head of the stream is not written yet');
    return writeLive(response, open.writer, run, from, (next) => {
      const { events } = run.batch(next, run.nextIndex);
      return [next + events.length, open.uiWriter.write(chunks.add(events))];
    });
  };
}
