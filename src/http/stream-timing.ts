import { Injectable } from '@nestjs/common';

/** How long a stream of events waits, in milliseconds. */
@Injectable()
export class StreamTiming {
  /** Nothing is sent for so long while the model has said nothing, so that an error keeps its real status. */
  readonly holdMs: number = 10_000;
  readonly heartbeatMs: number = 15_000;
  /** A reader that takes nothing for so long, while there is something to take, is dropped; its run goes on. */
  readonly stalledMs: number = 60_000;
}
