import { type ServerResponse } from 'node:http';

import { isDelta, type StreamStep } from './frame.js';

/**
 * Writes the steps of a stream to a response, at its pace and never faster than its client reads. One timer at most,
 * which dies with the response.
 */
export class StreamPump {
  private timer: NodeJS.Timeout | undefined;
  private isEnded = false;
  private readonly steps: Iterator<StreamStep>;

  constructor(
    private readonly response: ServerResponse,
    steps: Iterable<StreamStep>,
    private readonly paceMs: number,
  ) {
    this.steps = steps[Symbol.iterator]();
  }

  /** `onClose` learns whether the stream ended on its own, and not because the client left. */
  start(onClose: (isEnded: boolean) => void): void {
    this.response.once('close', () => {
      clearTimeout(this.timer);
      onClose(this.isEnded);
    });
    this.run();
  }

  private readonly run = (): void => {
    while (!this.response.destroyed) {
      const next = this.steps.next();
      if (next.done) {
        this.isEnded = true;
        this.response.end();
        return;
      }
      if (!this.take(next.value)) return;
    }
  };

  /** Does one step; false when the next one has to wait. */
  private take(step: StreamStep): boolean {
    switch (step.kind) {
      case 'wait':
        return this.pause(step.milliseconds);
      case 'stall':
        return false;
      case 'reset':
        this.isEnded = true;
        this.response.socket?.resetAndDestroy();
        return false;
      default:
        return this.write(step.data, this.paceMs > 0 && isDelta(step));
    }
  }

  private write(data: string | Uint8Array, isPaced: boolean): boolean {
    if (!this.response.write(data)) {
      this.response.once('drain', isPaced ? () => this.pause(this.paceMs) : this.run);
      return false;
    }
    return isPaced ? this.pause(this.paceMs) : true;
  }

  private pause(milliseconds: number): false {
    if (milliseconds === 0) setImmediate(this.run);
    else this.timer = setTimeout(this.run, milliseconds);
    return false;
  }
}
