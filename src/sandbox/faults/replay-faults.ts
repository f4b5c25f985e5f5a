import { type Reply } from '../server/reply.js';
import { type ReplayFault } from './sandbox-fault.js';

/** The reply instead of an answer; `refusal` is the vendor's refusal of the replayed reasoning. */
export const REPLAY_FAULTS: Record<ReplayFault, (refusal: Reply) => Reply> = {
  'gateway-reasoning-refused': (refusal) => refusal,
};
