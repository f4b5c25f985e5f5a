import { type ServerResponse } from 'node:http';
import { type Writable } from 'node:stream';

import { isDelta, type StreamStep } from './frame.js';

/** Maximum length of one write, in characters, so that a slow reader is not flooded. */
const MAX_WRITE_BYTES = 16 * 1024;

/**
 * Writes the steps of a stream to a response, at its pace and never faster than its client reads. The clock decides when
 * a delta is due: a busy process writes all overdue deltas at once, so that the stream keeps its pace. Uses at most one
 * timer, which ends with the response.
 */
export class StreamPump {
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;
  private readonly steps: Iterator<StreamStep>;
  /** Text to be sent with the next write. */
  private text = '';
  /** When the next step may be taken. */
  private due = 0;

  constructor(
    private readonly response: ServerResponse,
    /** Where the steps are written: the response, or a compressor in front of it. */
    private readonly output: Writable,
    steps: Iterable<StreamStep>,
    private readonly paceMs: number,
  ) {
    this.steps = steps[Symbol.iterator]();
  }

  /** `onClose` receives true if the stream ended on its own, and false if the client disconnected. */
  start(onClose: (isEnded: boolean) => void): void {
    this.response.once('close', () => {
      clearTimeout(this.timer);
      onClose(this.isEnded);
    });
    this.restart();
  }

  /** Continues after a pause that does not count for the pace, so that no delta is overdue. */
  private readonly restart = (): void => {
    this.due = Math.max(this.due, performance.now());
    this.run();
  };

  private readonly run = (): void => {
    const now = performance.now();
    while (!this.response.destroyed) {
      if (this.due > now) {
        if (this.flush()) this.timer = setTimeout(this.run, Math.ceil(this.due - now));
        else this.awaitDrain();
        return;
      }
      const next = this.steps.next();
      if (next.done) {
        this.isEnded = true;
        this.output.end(this.text);
        return;
      }
      if (!this.take(next.value)) return;
    }
  };

  /** Takes one step; false when the next one has to wait. */
  private take(step: StreamStep): boolean {
    switch (step.kind) {
      case 'wait':
        this.flush();
        return this.pause(step.milliseconds);
      case 'stall':
        this.flush();
        return false;
      case 'reset':
        this.isEnded = true;
        this.response.socket?.resetAndDestroy();
        return false;
      case 'bytes':
        this.flush();
        return this.output.write(step.data) || this.awaitDrain();
      default:
        this.text += step.data;
        if (this.paceMs > 0 && isDelta(step)) this.due += this.paceMs;
        return this.text.length < MAX_WRITE_BYTES || this.flush() || this.awaitDrain();
    }
  }

  /** Writes the buffered text; false when the client must read before more is written. */
  private flush(): boolean {
    const { text } = this;
    this.text = '';
    return text === '' || this.output.write(text);
  }

  private awaitDrain(): false {
    this.output.once('drain', this.restart);
    return false;
  }

  private pause(milliseconds: number): false {
    if (milliseconds === 0) setImmediate(this.restart);
    else this.timer = setTimeout(this.restart, milliseconds);
    return false;
  }
}
