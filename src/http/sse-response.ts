import { type ServerResponse } from 'node:http';
import { LiveRun, type RunEventBatch } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';
import { endsRun } from '../runs/rebuilt-events.js';
import { NO_STORE } from './answer-headers.js';
import { ChunkWriter, sharedChunk, type SharedChunk } from './chunk-writer.js';
import { rebuiltEndIndex } from './last-event-id.js';
import { type StreamTiming } from './stream-timing.js';

export const EVENTS_TYPE = 'text/event-stream; charset=utf-8';
/** Maximum number of events in one write while a reader is behind. */
const EVENTS_A_WRITE = 256;
/** How long a client waits before it connects again, in milliseconds. */
const RETRY = 'retry: 1000\n\n';
const HEARTBEAT = ': heartbeat\n\n';

/** The events to write, the headers, and the time limits of the stream. */
export interface EventStream {
  headers: Record<string, unknown>;
  runId: string;
  /** A run that works in this process, or the events as a follower receives them. */
  events: LiveRun | AsyncIterable<RunEventBatch>;
  timing: Pick<StreamTiming, 'heartbeatMs' | 'stalledMs'>;
}

/**
 * Writes a run's events to the response as server-sent events, at the reader's own pace: unread events stay where they
 * are, and at most one batch is buffered in the response. A reader that stops reading is dropped. Resolves when everything
 * is written or the reader has disconnected. The connection is cut, not ended, where the run continues elsewhere, or its
 * events cannot be read any more: a clean end without `run-end` looks like success.
 */
export async function writeEvents(response: ServerResponse, stream: EventStream): Promise<void> {
  const { runId, events } = stream;
  const { writer, end } = openEvents(response, stream, RETRY);
  try {
    if (events instanceof LiveRun)
      await writeLive(response, writer, events, events.firstIndex, livePieces(writer, events));
    else await writeBatches(response, writer, runId, events);
    if (events instanceof LiveRun && events.isEnded && events.isReleased) response.destroy();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    end();
  }
}

/** Sends the head of a stream of events and its first line, and from then on heartbeats; drops a reader that stops reading. */
export function openEvents(
  response: ServerResponse,
  { headers, timing }: Pick<EventStream, 'headers' | 'timing'>,
  first: string,
): { writer: ChunkWriter; end: () => void } {
  response.writeHead(200, {
    ...(headers as Record<string, string>),
    'content-type': EVENTS_TYPE,
    'cache-control': `${NO_STORE}, no-transform`,
    'x-accel-buffering': 'no',
  });
  response.write(first);
  dropStalledReader(response, timing.stalledMs);
  const writer = new ChunkWriter(response);
  const heartbeat = setInterval(() => writer.write(HEARTBEAT), timing.heartbeatMs);
  // A socket error is followed by `close`.
  response.on('error', () => undefined);
  const end = (): void => {
    clearInterval(heartbeat);
    response.end();
  };
  return { writer, end };
}

/**
 * Writes a run that works in this process, from an index on; resolves with the index after the last event, once the run
 * has ended or the reader has disconnected.
 */
export function liveWriter(response: ServerResponse): (run: LiveRun, from: number) => Promise<number> {
  return (run, from) => {
    const writer = new ChunkWriter(response);
    return writeLive(response, writer, run, from, livePieces(writer, run));
  };
}

/** Writes events of a run from an index on; returns the index of the next one, and whether the reader keeps up. */
type WriteFrom = (index: number) => [next: number, keepsUp: boolean];

function livePieces(writer: ChunkWriter, run: LiveRun): WriteFrom {
  return (next) => {
    const end = Math.min(run.nextIndex, next + EVENTS_A_WRITE);
    const piece = livePiece(run, next, end);
    const isLast = run.isEnded && end === run.nextIndex;
    return [end, isLast ? writer.writeLast(piece) : writer.write(piece)];
  };
}

/** Writes synchronously when the run emits: a promise for each event would cost as much as the event. */
export function writeLive(
  response: ServerResponse,
  writer: ChunkWriter,
  run: LiveRun,
  from: number,
  writeFrom: WriteFrom,
): Promise<number> {
  return new Promise((resolve) => {
    let next = from;
    let isBehind = false;
    const stop = (): void => {
      unwatch();
      undrain();
      response.off('close', stop);
      resolve(next);
    };
    const write = (): void => {
      while (!isBehind && next < run.nextIndex && !response.destroyed) {
        const [end, keepsUp] = writeFrom(next);
        isBehind = !keepsUp;
        next = end;
      }
      if (response.destroyed || (run.isEnded && !isBehind && next === run.nextIndex)) stop();
    };
    const readOn = (): void => {
      isBehind = false;
      write();
    };
    const unwatch = run.watch(write);
    const undrain = writer.onDrain(readOn);
    response.once('close', stop);
    write();
  });
}

/** What was written of a run last: its readers are mostly equally far. */
const lastPieces = new WeakMap<LiveRun, { from: number; end: number; piece: SharedChunk }>();

function livePiece(run: LiveRun, from: number, end: number): string | SharedChunk {
  const last = run.isShared ? lastPieces.get(run) : undefined;
  if (last?.from === from && last.end === end) return last.piece;
  const text = encodeEvents(run.id, from, run.batch(from, end).events);
  if (!run.isShared) return text;
  const piece = sharedChunk(text);
  lastPieces.set(run, { from, end, piece });
  return piece;
}

async function writeBatches(
  response: ServerResponse,
  writer: ChunkWriter,
  runId: string,
  batches: AsyncIterable<RunEventBatch>,
): Promise<void> {
  for await (const { firstIndex, events, isCorrection, isRebuilt } of batches) {
    for (let place = 0; place < events.length && !response.destroyed; place += EVENTS_A_WRITE) {
      const some = events.slice(place, place + EVENTS_A_WRITE);
      const text = isCorrection
        ? some.map(encodeUnnumbered).join('')
        : encodeEvents(runId, firstIndex + place, some, isRebuilt);
      if (!writer.write(text)) await drained(response, writer);
    }
    if (response.destroyed) return;
  }
}

/** Resolves once the reader has caught up, or has left. */
export function drained(response: ServerResponse, writer: ChunkWriter): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      undrain();
      response.off('close', stop);
      resolve();
    };
    const undrain = writer.onDrain(stop);
    response.on('close', stop);
    if (response.destroyed) stop();
  });
}

function encodeEvents(runId: string, firstIndex: number, events: readonly RunEvent[], isRebuilt = false): string {
  let text = '';
  let index = firstIndex;
  for (const event of events) {
    text += encodeEvent(runId, isRebuilt && endsRun(event) ? rebuiltEndIndex(index) : index, event);
    index += 1;
  }
  return text;
}

/** One event on the wire: its id, its type and, as data, its other fields. */
export function encodeEvent(runId: string, index: number | string, event: RunEvent): string {
  return `id: ${runId}:${index}\n${encodeUnnumbered(event)}`;
}

function encodeUnnumbered(event: RunEvent): string {
  return `event: ${event.type}\ndata: ${encodeData(event)}\n\n`;
}

function encodeData(event: RunEvent): string {
  if (event.type === 'text-delta') return `{"text":${JSON.stringify(event.text)}}`;
  const { type: _type, ...data } = event;
  return JSON.stringify(data);
}

/**
 * Drops a reader that takes no bytes. Each byte that it takes restarts the socket's time-out, so a slow reader stays.
 * Node compares with the bytes left at its last check, so it may take up to twice the time-out to notice.
 */
export function dropStalledReader(response: ServerResponse, stalledMs: number): void {
  response.setTimeout(stalledMs / 2, () => {
    if (response.writableLength > 0) response.destroy();
  });
}
