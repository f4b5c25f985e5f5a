import { type MessageRecord } from '../../messages/message.interface.js';
import { finalEvents } from '../../runs/final-events.js';
import { type FinishRun } from '../../runs/run-end.interface.js';

const NO_SEQ = -1;
const SEQ = '"seq":';

/** A run's answer as a message, its `seq` first: see `splitAtSeq`. `null` when there was none to store. */
export function storedAnswer(
  { answer, chatId, runId }: Pick<FinishRun, 'answer' | 'chatId' | 'runId'>,
  seq: number | null,
): MessageRecord | null {
  return answer === null || seq === null ? null : { seq, ...answer, chatId, runId, role: 'assistant' };
}

/**
 * The parameters that end a log: the first index and the events of the batch that was sent, if any; then the first index
 * of the last batch, and its events as the texts before and after the answer's `seq`, which only the database knows;
 * then the index of the last event.
 */
export function logValues(run: FinishRun): unknown[] {
  const { sent, fresh } = run.unlogged;
  const end = finalEvents(run, storedAnswer(run, NO_SEQ));
  const [head, tail] = splitAtSeq(JSON.stringify(end));
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

/** The `seq` of a stored answer is its first property, so the first match is that one, whatever its text says. */
function splitAtSeq(events: string): [head: string, tail: string | null] {
  const at = events.indexOf(`${SEQ}${NO_SEQ}`);
  if (at === -1) return [events, null];
  const start = at + SEQ.length;
  return [events.slice(0, start), events.slice(start + String(NO_SEQ).length)];
}
