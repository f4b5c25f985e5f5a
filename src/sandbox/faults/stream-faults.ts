import { type Vendor } from '../gateway/vendor.interface.js';
import { type Frame, type StreamStep } from '../stream/frame.js';
import { type FaultPlan } from './fault-plan.js';
import { type StreamFault } from './sandbox-fault.js';
import { breakOff, breakOffInTool, interpose } from './stream-interruptions.js';
import { interleaveCalls } from './interleaved-calls.js';
import {
  byteByByte,
  doubled,
  interleaved,
  oneWrite,
  prefixed,
  rewrite,
  splitCharacters,
  spreadData,
} from './wire-forms.js';

/** Turns the frames of an answer into the faulty stream. */
export type StreamEffect = (frames: Iterable<Frame>, plan: FaultPlan, vendor: Vendor) => Iterable<StreamStep>;

const CHUNKS_BEFORE = 3;
const FIRST_BYTE_MS = 70_000;
const PING_MS = 1_000;
/** Time for the client to read what was written: a reset discards unread bytes. */
const FLUSH_MS = 25;

/** What each fault does to the stream that it hits. */
export const STREAM_FAULTS: Record<StreamFault, StreamEffect> = {
  'stream-error': (frames, plan, { errors }) => breakOff(frames, chunks(plan), [say(errors.streamError)]),
  'stream-error-before-text': (frames, _plan, { errors }) => breakOff(frames, 0, [say(errors.streamError)]),
  'stream-error-event': (frames, plan, { errors }) => breakOff(frames, chunks(plan), [say(errors.errorEvent)]),
  'stream-cut': (frames, plan) => breakOff(frames, plan.afterChunks ?? Infinity, []),
  'stream-cut-in-tool': (frames) => breakOffInTool(frames),
  'stream-reset': (frames, plan) => breakOff(frames, chunks(plan), [wait(FLUSH_MS), { kind: 'reset' }]),
  'stream-stall': (frames, plan) => interpose(frames, chunks(plan), [silence(plan)]),
  'stream-stall-with-pings': (frames, plan, { quirks }) =>
    breakOff(frames, chunks(plan), pings(quirks.ping, plan.delayMs ?? PING_MS)),
  'stream-late-first-byte': (frames, { delayMs = FIRST_BYTE_MS }) => late(frames, delayMs),
  'stream-byte-by-byte': (frames) => byteByByte(frames),
  'stream-one-write': (frames) => oneWrite(frames),
  'stream-utf8-split': (frames) => splitCharacters(frames),
  'stream-crlf': (frames) => rewrite(frames, (text) => text.replaceAll('\n', '\r\n')),
  'stream-lone-cr': (frames) => rewrite(frames, (text) => text.replaceAll('\n', '\r')),
  'stream-byte-order-mark': (frames) => prefixed(frames, '\uFEFF'),
  'stream-comments': (frames) => rewrite(frames, (text) => `: a comment\n${text}`),
  'stream-no-space': (frames) => rewrite(frames, (text) => text.replace(/^(event|data): /gm, '$1:')),
  'stream-multi-line-data': (frames) => rewrite(frames, spreadData),
  'stream-unknown-events': (frames, _plan, { quirks }) => interleaved(frames, quirks.unknownEvent),
  'stream-unknown-deltas': (frames, _plan, { quirks }) => doubled(frames, (delta) => quirks.unknownDelta(delta)),
  'stream-interleaved-calls': (frames) => interleaveCalls(frames),
  'stream-late-tool-name': (frames, _plan, { quirks }) => quirks.delayToolNames(frames),
};

function chunks(plan: FaultPlan): number {
  return plan.afterChunks ?? CHUNKS_BEFORE;
}

function say(data: string): StreamStep {
  return { kind: 'other', data };
}

function wait(milliseconds: number): StreamStep {
  return { kind: 'wait', milliseconds };
}

function silence({ delayMs }: FaultPlan): StreamStep {
  return delayMs === undefined ? { kind: 'stall' } : wait(delayMs);
}

function* late(frames: Iterable<Frame>, delayMs: number): Generator<StreamStep> {
  yield wait(delayMs);
  yield* frames;
}

function* pings(ping: string, everyMs: number): Generator<StreamStep> {
  for (;;) {
    yield wait(everyMs);
    yield say(ping);
  }
}
