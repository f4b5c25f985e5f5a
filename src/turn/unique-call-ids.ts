import { type ModelEvent } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';

/** Tells the calls of one message apart where the vendor has given two of them the same id. */
export class UniqueCallIds {
  private readonly taken = new Set<string>();

  /** The parts of a whole message. */
  static inParts(parts: readonly Part[]): Part[] {
    const ids = new UniqueCallIds();
    return parts.map((part) => (part.type === 'tool-call' ? ids.renamed(part) : part));
  }

  /** The next events of the message; a `reset` begins it anew. */
  inEvents(events: readonly ModelEvent[]): readonly ModelEvent[] {
    if (!events.some(({ type }) => type === 'tool-call' || type === 'reset')) return events;
    return events.map((event) => {
      if (event.type === 'reset') this.taken.clear();
      return event.type === 'tool-call' ? this.renamed(event) : event;
    });
  }

  private renamed<T extends { id: string }>(call: T): T {
    let id = call.id;
    for (let repeat = 2; this.taken.has(id); repeat += 1) id = `${call.id}_${repeat}`;
    this.taken.add(id);
    return id === call.id ? call : { ...call, id };
  }
}
