import { sanitizeText } from '../messages/text.js';
import { type RunEvent } from './run-event.interface.js';

/** What a run was saying when its log ends. */
export interface PartialAnswer {
  messageId: string;
  text: string;
}

/**
 * The text of the message that a log breaks off in, if it says anything and was not stored. Calls of tools are left out,
 * since those of a message that was not stored have not run, and so is reasoning, whose signature is not in the log.
 */
export function partialAnswer(events: Iterable<RunEvent>, stored: ReadonlySet<string>): PartialAnswer | undefined {
  let unfinished: PartialAnswer | undefined;
  for (const event of events) {
    if (event.type === 'message-start') unfinished = { messageId: event.messageId, text: '' };
    else if (unfinished && event.type === 'text-delta') unfinished.text += event.text;
    else if (unfinished && event.type === 'reset') unfinished.text = '';
  }
  if (unfinished === undefined || stored.has(unfinished.messageId)) return undefined;
  const text = sanitizeText(unfinished.text);
  return text === '' ? undefined : { ...unfinished, text };
}
