import { type TurnEvent } from '../turn/turn.interface.js';
import { type RunEvent } from './run-event.interface.js';

/** What a model says about a message, as the run tells it. What was left out of its request is told apart from that. */
export function runEvents(events: readonly TurnEvent[], messageId: string): RunEvent[] {
  return events.flatMap((event): RunEvent[] => {
    if (event.type === 'part-rejected') return [];
    return [event.type === 'reset' ? { ...event, messageId } : event];
  });
}
