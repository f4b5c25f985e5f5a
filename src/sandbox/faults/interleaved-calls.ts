import { type Frame } from '../stream/frame.js';

/** Interleaves the events of adjacent tool calls, so that the calls arrive at the same time. */
export function* interleaveCalls(frames: Iterable<Frame>): Generator<Frame> {
  let calls: Frame[] = [];
  for (const frame of frames) {
    if (frame.call !== undefined) {
      calls.push(frame);
      continue;
    }
    yield* inTurn(calls);
    calls = [];
    yield frame;
  }
}

function* inTurn(frames: readonly Frame[]): Generator<Frame> {
  const calls = [...new Set(frames.map((frame) => frame.call))];
  const lanes = calls.map((call) => frames.filter((frame) => frame.call === call));
  const longest = Math.max(0, ...lanes.map((lane) => lane.length));
  const dealt = Array.from({ length: longest }, (_, place) => lanes.flatMap((lane) => lane[place] ?? [])).flat();
  for (const [index, frame] of dealt.entries()) yield renumbered(frame, frames[index]);
}

const NUMBER = /"sequence_number":\d+/;

/** The event with the sequence number of the event that it replaces, if the vendor numbers events. */
function renumbered(frame: Frame, place: Frame | undefined): Frame {
  const [number] = NUMBER.exec(place?.data ?? '') ?? [];
  return number === undefined ? frame : { ...frame, data: frame.data.replace(NUMBER, number) };
}
