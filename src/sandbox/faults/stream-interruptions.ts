import { type Frame, isDelta, type StreamStep } from '../stream/frame.js';

/** Ends a stream after so many deltas, or just before its stop event, with these steps at the end. */
export function* breakOff(
  frames: Iterable<Frame>,
  afterDeltas: number,
  last: Iterable<StreamStep>,
): Generator<StreamStep> {
  yield* beginning(frames, afterDeltas);
  yield* last;
}

/** Inserts steps into a stream after so many deltas, or just before its stop event. */
export function* interpose(
  frames: Iterable<Frame>,
  afterDeltas: number,
  steps: Iterable<StreamStep>,
): Generator<StreamStep> {
  const rest = frames[Symbol.iterator]();
  const held = yield* beginning({ [Symbol.iterator]: () => rest }, afterDeltas);
  yield* steps;
  if (held) yield held;
  yield* { [Symbol.iterator]: () => rest };
}

/** Ends a stream just before the last piece of its tool calls, or before its stop event when it has none. */
export function* breakOffInTool(frames: Iterable<Frame>): Generator<StreamStep> {
  let held: Frame | undefined;
  for (const frame of frames) {
    if (frame.kind === 'stop' || (held && frame.kind !== 'tool')) return;
    if (held) yield held;
    held = frame.kind === 'tool' ? frame : undefined;
    if (!held) yield frame;
  }
}

/** Yields the frames up to so many deltas; returns the next frame, which it has not yielded. */
function* beginning(frames: Iterable<Frame>, deltas: number): Generator<StreamStep, Frame | undefined> {
  let left = deltas;
  for (const frame of openEnded(frames)) {
    if (frame.kind === 'stop' || (left === 0 && frame.kind !== 'start')) return frame;
    if (isDelta(frame)) left -= 1;
    yield frame;
  }
  return undefined;
}

/** The same frames, without closing the source when a loop stops early. */
function openEnded(frames: Iterable<Frame>): Iterable<Frame> {
  const iterator = frames[Symbol.iterator]();
  return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
}
