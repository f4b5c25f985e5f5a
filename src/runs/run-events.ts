import { type ModelEvent } from '../messages/model-request.interface.js';
import { type RunEvent } from './run-event.interface.js';

/** What a model says about a message, as the run tells it. */
export function runEvents(events: readonly ModelEvent[], messageId: string): RunEvent[] {
  return events.map((event) => (event.type === 'reset' ? { ...event, messageId } : event));
}
