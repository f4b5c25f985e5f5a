import { type RunStatus } from './run-event.interface.js';

export const RUN_STATUSES = Object.keys({
  queued: true,
  running: true,
  awaiting_approval: true,
  completed: true,
  failed: true,
  cancelled: true,
  interrupted: true,
} satisfies Record<RunStatus, true>);
