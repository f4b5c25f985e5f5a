/**
 * One event of a streamed answer: what it is about, and its text on the wire. `stop` is the event without which a
 * stream was cut.
 */
export interface Frame {
  kind: 'start' | 'reasoning' | 'text' | 'tool' | 'other' | 'stop';
  data: string;
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
