import { finalEvents } from '../../runs/final-events.js';
import { type FinishRun } from '../../runs/run-store.interface.js';
import { storedAnswer } from './stored-answer.js';

/** A run's end, apart from its attempts. */
export type EndingRun = Omit<FinishRun, 'attemptId' | 'attempt'>;

const NO_SEQ = -1;
const SEQ = '"seq":';

/**
 * The parameters that end a log: the first index and the events of the batch that was sent, if any; then the first index
 * of the last batch, and its events as the texts before and after the answer's `seq`, which only the database knows;
 * then the index of the last event.
 */
export function logValues(run: EndingRun): unknown[] {
  const { sent, fresh } = run.unlogged;
  const end = finalEvents(run, storedAnswer(run, NO_SEQ));
  const [head, tail] = aroundSeq(JSON.stringify(end));
  const before = fresh.events.length === 0 ? '[' : `${JSON.stringify(fresh.events).slice(0, -1)},`;
  return [
    sent?.firstIndex ?? null,
    sent ? JSON.stringify(sent.events) : null,
    fresh.firstIndex,
    before + head.slice(1),
    tail,
    fresh.firstIndex + fresh.events.length + end.length - 1,
  ];
}

/** A stored answer has its `seq` first, so none that its text or its calls may hold comes before it. */
function aroundSeq(events: string): [head: string, tail: string | null] {
  const at = events.indexOf(`${SEQ}${NO_SEQ}`);
  if (at === -1) return [events, null];
  const start = at + SEQ.length;
  return [events.slice(0, start), events.slice(start + String(NO_SEQ).length)];
}
