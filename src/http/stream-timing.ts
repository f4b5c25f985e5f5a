import { Injectable } from '@nestjs/common';

/** How long a stream of events waits, in milliseconds. */
@Injectable()
export class StreamTiming {
  /** How long to wait for the model's first token before sending anything, so that an early error keeps its status. */
  readonly holdMs: number = 10_000;
  readonly heartbeatMs: number = 5_000;
  /** How long a reader may take nothing while events are pending. Then it is dropped; its run continues. */
  readonly stalledMs: number = 60_000;
}
