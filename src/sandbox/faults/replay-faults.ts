import { type Reply } from '../server/reply.js';
import { type ReplayFault } from './sandbox-fault.js';

/** What is sent instead of an answer, where `refusal` is how the vendor refuses the reasoning that was replayed. */
export const REPLAY_FAULTS: Record<ReplayFault, (refusal: Reply) => Reply> = {
  'gateway-reasoning-refused': (refusal) => refusal,
};
