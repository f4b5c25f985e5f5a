/** One event of a streamed answer. */
export interface Frame {
  /** What it is about. `stop` is the event without which a stream was cut. */
  kind: 'start' | 'reasoning' | 'text' | 'tool' | 'other' | 'stop';
  /** Its text on the wire. */
  data: string;
  /** Which of the answer's tool calls it belongs to. */
  call?: number;
}

/** The same frames, as those of one tool call. */
export function* ofCall(call: number, frames: Iterable<Frame>): Generator<Frame> {
  for (const frame of frames) yield { ...frame, call };
}

/**
 * What may happen on the wire besides frames. `bytes` are written as they are; `wait` of 0 ms ends the packet; after
 * `stall` nothing happens any more.
 */
export type WireSignal =
  { kind: 'bytes'; data: Uint8Array } | { kind: 'wait'; milliseconds: number } | { kind: 'stall' } | { kind: 'reset' };

export type StreamStep = Frame | WireSignal;

/** Whether a step is a delta, after which a paced stream pauses. */
export function isDelta(step: StreamStep): boolean {
  return step.kind === 'text' || step.kind === 'tool' || step.kind === 'reasoning';
}
