import { newId } from '../messages/new-id.js';
import { type ModelEvent } from '../messages/model-request.interface.js';
import { type Part, type ToolCallPart } from '../messages/part.interface.js';
import { type TurnEvent } from './turn.interface.js';
import { uniqueId } from '../messages/unique-id.js';

/** The ids of the calls of one message: the vendor's, made unique where it repeats them, and ours. */
export class ToolCallIds {
  /** Our ids by the vendor's. */
  private readonly byProviderId = new Map<string, string>();

  /** The next events of the message; a `reset` begins it again. */
  inEvents(events: readonly ModelEvent[]): TurnEvent[] {
    return events.map((event) => {
      if (event.type === 'reset') this.byProviderId.clear();
      if (event.type !== 'tool-call') return event;
      const { type, id, ...call } = event;
      const providerCallId = uniqueId(id, (taken) => this.byProviderId.has(taken));
      const toolCallId = newId();
      this.byProviderId.set(providerCallId, toolCallId);
      return { type, toolCallId, providerCallId, ...call };
    });
  }

  /** The parts of the whole message. */
  static inParts(parts: readonly Part[]): Part[] {
    const taken = new Set<string>();
    return parts.map((part) => {
      if (part.type !== 'tool-call') return part;
      const id = uniqueId(part.id, (id) => taken.has(id));
      taken.add(id);
      return id === part.id ? part : { ...part, id };
    });
  }

  /** Our id of a call of the whole message: the one that its event had, where it had one. */
  of({ id }: ToolCallPart): string {
    return this.byProviderId.get(id) ?? newId();
  }
}
