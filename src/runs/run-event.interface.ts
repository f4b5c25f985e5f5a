import { type Problem } from '../errors/problem.js';
import { type FinishReason, type MessageRecord, type Role, type Usage } from '../messages/message.interface.js';
import { type ModelEvent } from '../messages/model-request.interface.js';

/** Where a run stands; the last four are ends. */
export type RunStatus =
  'queued' | 'running' | 'awaiting_approval' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

export type RunEndStatus = Extract<RunStatus, 'completed' | 'failed' | 'cancelled' | 'interrupted'>;

/**
 * What a run emits while it works, numbered from 0 in the order of emission. The last one is always `run-end`;
 * a run that failed emits `error` before it.
 * @publicApi
 */
export type RunEvent =
  | { type: 'run-start'; runId: string; chatId: string; userMessageId: string | null }
  | { type: 'message-start'; messageId: string; role: Role }
  | ModelEvent
  | { type: 'message-end'; message: MessageRecord; usage: Usage; finishReason: FinishReason | null }
  | { type: 'error'; problem: Problem }
  | { type: 'run-end'; status: RunEndStatus; usage: Usage };
