import { type Pace } from './upstream/start-upstream.js';

/** What one measurement reads: `streams` at once, `rounds` times for each contestant, in turns. */
export interface Load extends Pace {
  name: string;
  streams: number;
  rounds: number;
  /** Chunks at the begin of a stream, and at its end, that are not counted, so that begin and end are not. */
  lead: number;
  tail: number;
}
