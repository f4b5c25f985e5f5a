import { type Pace } from './upstream/start-upstream.js';

/** What one measurement reads: `streams` at once, `rounds` times for each contestant, in turns. */
export interface Load extends Pace {
  name: string;
  streams: number;
  rounds: number;
  /** The chunks at either end of a stream that are not counted, so that its start and its end are not. */
  edge: number;
}
