import { type ServerResponse } from 'node:http';
import { pipeline, type Writable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';

/** How an answer is sent: as one JSON body, as events, or as compressed events. */
export type Delivery = 'json' | 'events' | 'gzip';

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/** Sends the head of an event stream. Returns where to write the events. */
export function openEventStream(response: ServerResponse, isCompressed: boolean): Writable {
  response.writeHead(200, { ...EVENT_STREAM, ...(isCompressed && { 'content-encoding': 'gzip' }) });
  if (!isCompressed) return response;
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  pipeline(gzip, response, () => undefined);
  return gzip;
}
