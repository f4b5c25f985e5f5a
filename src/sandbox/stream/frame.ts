/** One event of a streamed answer. */
export interface Frame {
  /** The content of the event. A stream without a `stop` event was cut off. */
  kind: 'start' | 'reasoning' | 'text' | 'tool' | 'other' | 'stop';
  /** The event's text on the wire. */
  data: string;
  /** The index of the answer's tool call that it belongs to. */
  call?: number;
}

/** Marks frames as those of one tool call. */
export function* ofCall(call: number, frames: Iterable<Frame>): Generator<Frame> {
  for (const frame of frames) yield { ...frame, call };
}

/**
 * What can happen on the wire between frames. `bytes` are written as they are; a `wait` of 0 ms ends the packet; nothing
 * follows a `stall`.
 */
export type WireSignal =
  { kind: 'bytes'; data: Uint8Array } | { kind: 'wait'; milliseconds: number } | { kind: 'stall' } | { kind: 'reset' };

export type StreamStep = Frame | WireSignal;

/** Whether a step is a delta, after which a paced stream pauses. */
export function isDelta(step: StreamStep): boolean {
  return step.kind === 'text' || step.kind === 'tool' || step.kind === 'reasoning';
}
