import { type TokenVault } from '../instance/token-vault.js';
import { type ImmediateFault, type SandboxFault } from './sandbox-fault.js';

type ImmediateEffect = (vault: TokenVault) => void;

/** What happens the moment that a fault is planned. */
const IMMEDIATE_FAULTS: Record<ImmediateFault, ImmediateEffect> = {
  'revoke-tokens': (vault) => {
    vault.revokeAll();
  },
};

/** What this fault does at once; `undefined` for one that waits for a request. */
export function findImmediateFault(fault: SandboxFault): ImmediateEffect | undefined {
  return fault in IMMEDIATE_FAULTS ? IMMEDIATE_FAULTS[fault as ImmediateFault] : undefined;
}
