import { type TokenVault } from '../instance/token-vault.js';
import { type ImmediateFault, type SandboxFault } from './sandbox-fault.js';

type ImmediateEffect = (vault: TokenVault) => void;

/** What each of these faults does as soon as it is planned. */
const IMMEDIATE_FAULTS: Record<ImmediateFault, ImmediateEffect> = {
  'revoke-tokens': (vault) => {
    vault.revokeAll();
  },
};

/** The effect of an immediate fault; `undefined` for a fault that waits for a request. */
export function findImmediateFault(fault: SandboxFault): ImmediateEffect | undefined {
  return fault in IMMEDIATE_FAULTS ? IMMEDIATE_FAULTS[fault as ImmediateFault] : undefined;
}
