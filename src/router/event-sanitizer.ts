import { type ModelEvent } from '../messages/model-request.interface.js';
import { sanitizeText, sanitizeOwned } from '../messages/text.js';

type Delta = Extract<ModelEvent, { text: string }>;

/**
 * Makes what a model says storable, piece by piece: without NUL and without lone surrogates. A pair that was cut between
 * two pieces is joined again, so that no follower sees its halves.
 */
export class EventSanitizer {
  /** Ends with the first half of a pair, whose second half may begin the next piece. */
  private cut: { type: Delta['type']; half: string } | undefined;

  sanitize(events: ModelEvent[]): ModelEvent[] {
    if (this.cut === undefined && events.every(isSanitizedDelta)) return events;
    return events.map((event) => this.clean(event)).filter((event) => !isDelta(event) || event.text !== '');
  }

  private clean(event: ModelEvent): ModelEvent {
    const { cut } = this;
    this.cut = undefined;
    if (!isDelta(event)) return sanitizeOwned(event);
    const text = cut?.type === event.type ? cut.half + event.text : event.text;
    const half = /[\uD800-\uDBFF]$/.exec(text)?.[0];
    if (half === undefined) return { type: event.type, text: sanitizeText(text) };
    this.cut = { type: event.type, half };
    return { type: event.type, text: sanitizeText(text.slice(0, -1)) };
  }
}

function isDelta(event: ModelEvent): event is Delta {
  return event.type === 'text-delta' || event.type === 'reasoning-delta';
}

function isSanitizedDelta(event: ModelEvent): boolean {
  return isDelta(event) && event.text.isWellFormed() && !event.text.includes('\0');
}
