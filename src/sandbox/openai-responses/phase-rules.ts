import { type JsonObject, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import { sealedPhase } from './reasoning.js';

/**
 * Refuses a message that comes back without the phase in which it was said, or in another one. The vendor tells clients to
 * "preserve and resend phase on all assistant messages", and not what it does where they do not, except that answers get
 * worse, which no test would see: this refusal, and its words, are ours. It looks at messages behind reasoning, whose encrypted
 * content knows the phase: a message alone may come from a model that has none.
 */
export function checkPhases(items: readonly JsonObject[]): void {
  for (const [index, item] of items.entries()) {
    const phase = item.type === 'reasoning' ? sealedPhase(item) : undefined;
    const next = items[index + 1];
    if (phase === undefined || next?.type !== 'message' || next.phase === phase) continue;
    const found = next.phase == null ? 'no phase' : `the phase '${stringOf(next.phase)}'`;
    refuse(`A message came back with ${found}, and was said in the phase '${phase}'.`, 'input');
  }
}
