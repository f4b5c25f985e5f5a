import { type TurnEvent } from '../turn/turn.interface.js';
import { type RunEvent } from './run-event.interface.js';

/** The model's events of a message as run events. Rejected parts are reported separately. */
export function runEvents(events: readonly TurnEvent[], messageId: string): RunEvent[] {
  return events.flatMap((event): RunEvent[] => {
    if (event.type === 'part-rejected') return [];
    return [event.type === 'reset' ? { ...event, messageId } : event];
  });
}
