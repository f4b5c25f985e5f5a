export { historyHash, type NeutralPair, normaliseHistory } from './conversation/history-hash.js';
export { type NeutralMessage } from './conversation/prompt.js';
export { type FaultPlan } from './faults/fault-plan.js';
export { SANDBOX_FAULTS, type SandboxFault } from './faults/sandbox-fault.js';
export { type SandboxApi } from './gateway/sandbox-api.js';
export { type Sandbox, type SandboxOptions } from './sandbox.interface.js';
export { startSandbox } from './sandbox.js';
export { type ReceivedRequest, type SandboxCalls, type StrayRequest } from './server/call-log.js';
