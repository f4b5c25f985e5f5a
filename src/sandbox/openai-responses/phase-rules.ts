import { type JsonObject, stringOf } from '../json.js';
import { refuse } from '../openai/errors.js';
import { signedPhase } from './reasoning.js';

/**
 * Refuses a replayed message whose `phase` is missing or changed. The vendor asks clients to "preserve and resend phase
 * on all assistant messages". It only says that answers get worse otherwise, which no test would notice, so this refusal
 * and its text are ours. Only messages after reasoning are checked, because its encrypted content contains the phase: a
 * message alone may come from a model without phases.
 */
export function checkPhases(items: readonly JsonObject[]): void {
  for (const [index, item] of items.entries()) {
    const phase = item.type === 'reasoning' ? signedPhase(item) : undefined;
    const next = items[index + 1];
    if (phase === undefined || next?.type !== 'message' || next.phase === phase) continue;
    const found = next.phase == null ? 'no phase' : `the phase '${stringOf(next.phase)}'`;
    refuse(`A message came back with ${found}, and was sent with the phase '${phase}'.`, 'input');
  }
}
