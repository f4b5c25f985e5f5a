import { isJsonObject, parseJson } from '../json.js';
import { type Frame, isDelta, type StreamStep } from '../stream/frame.js';

const END_OF_PACKET: StreamStep = { kind: 'wait', milliseconds: 0 };

/** Changes how each frame is written. */
export function* rewrite(frames: Iterable<Frame>, change: (text: string) => string): Generator<StreamStep> {
  for (const frame of frames) yield { ...frame, data: change(frame.data) };
}

/** One byte per packet. */
export function* byteByByte(frames: Iterable<Frame>): Generator<StreamStep> {
  for (const frame of frames) {
    for (const byte of Buffer.from(frame.data)) {
      yield { kind: 'bytes', data: Uint8Array.of(byte) };
      yield END_OF_PACKET;
    }
  }
}

/** The whole stream in one packet. */
export function* oneWrite(frames: Iterable<Frame>): Generator<StreamStep> {
  yield { kind: 'other', data: Array.from(frames, (frame) => frame.data).join('') };
}

/** A new packet after the first byte of each character that has more than one. */
export function* splitCharacters(frames: Iterable<Frame>): Generator<StreamStep> {
  for (const frame of frames) {
    const bytes = Buffer.from(frame.data);
    let start = 0;
    for (const [index, byte] of bytes.entries()) {
      if (byte < 0xc0) continue;
      yield { kind: 'bytes', data: bytes.subarray(start, index + 1) };
      yield END_OF_PACKET;
      start = index + 1;
    }
    yield { kind: 'bytes', data: bytes.subarray(start) };
  }
}

/** The stream with a text before its first byte. */
export function* prefixed(frames: Iterable<Frame>, prefix: string): Generator<StreamStep> {
  yield { kind: 'other', data: prefix };
  yield* frames;
}

/** The stream with an extra event after each event except the last. */
export function* interleaved(frames: Iterable<Frame>, event: string): Generator<StreamStep> {
  for (const frame of frames) {
    yield frame;
    if (frame.kind !== 'stop') yield { kind: 'other', data: event };
  }
}

/** The stream with one more event after each delta, made from the delta. */
export function* doubled(frames: Iterable<Frame>, next: (delta: string) => string): Generator<StreamStep> {
  for (const frame of frames) {
    yield frame;
    if (isDelta(frame)) yield { kind: 'other', data: next(frame.data) };
  }
}

/** The event with its JSON on many lines of data. */
export function spreadData(event: string): string {
  return event.replace(/^data: (.*)$/gm, (line, data: string) => {
    const value = parseJson(data);
    return isJsonObject(value) ? JSON.stringify(value, null, 1).replace(/^/gm, 'data: ') : line;
  });
}
