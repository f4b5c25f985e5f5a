import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { type RunEventBatch } from '../runs/live-run.js';
import { type RunEvent } from '../runs/run-event.interface.js';

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is dropped; its run goes on. */
const STALLED_READER_MS = 60_000;

/** Writes a run's events straight to the response as server-sent events, at the reader's own pace. */
export async function writeEvents(
  response: ServerResponse,
  headers: Record<string, unknown>,
  runId: string,
  batches: AsyncIterable<RunEventBatch>,
): Promise<void> {
  response.writeHead(200, {
    ...(headers as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);
  // A socket error is followed by `close`, which ends the loop.
  response.on('error', () => undefined);
  try {
    for await (const { firstIndex, events } of batches) {
      if (response.destroyed) break;
      const text = events.map((event, place) => encodeEvent(runId, firstIndex + place, event)).join('');
      if (!response.write(text)) await drained(response);
    }
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

/** One event on the wire: its id, its type and, as data, everything else of it. */
export function encodeEvent(runId: string, index: number, event: RunEvent): string {
  return `id: ${runId}:${index}\nevent: ${event.type}\ndata: ${encodeData(event)}\n\n`;
}

function encodeData(event: RunEvent): string {
  if (event.type === 'text-delta') return `{"text":${JSON.stringify(event.text)}}`;
  const { type: _type, ...data } = event;
  return JSON.stringify(data);
}

async function drained(response: ServerResponse): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const timer = setTimeout(() => response.destroy(), STALLED_READER_MS);
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}
