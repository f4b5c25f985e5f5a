import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type Problem } from '../errors/problem.js';
import { type FinishReason, type MessageRecord, type Role, type Usage } from '../messages/message.interface.js';
import { type JsonValue } from '../messages/json.interface.js';
import { type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import { type TurnEvent } from '../turn/turn.interface.js';

/** Where a run stands; the last four are ends. */
export type RunStatus =
  'queued' | 'running' | 'awaiting_approval' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** How a run ends, or is parked: one that awaits approval continues with a completion. */
export type RunEndStatus = Exclude<RunStatus, 'queued' | 'running'>;

/** A call that waits for approval; `id` is what approvals name, `providerCallId` the vendor's. */
export type ApprovalRequest = Pick<ToolCallRecord, 'id' | 'providerCallId' | 'name' | 'arguments'>;

/**
 * Takes back what the message was made of so far, and says why by an error's code; its text and its calls begin again, or
 * another message follows in its place (`schema_mismatch`).
 * @publicApi
 */
export interface ResetEvent {
  type: 'reset';
  messageId: string;
  reason: ErrorCode;
}

/**
 * A part of an earlier message that the vendor of the model refuses: requests to that vendor have a note in its place from
 * now on. `index` is its place among the parts of the message, `file` that among the files of a tool's result.
 * @publicApi
 */
export interface PartRejectedEvent {
  type: 'part-rejected';
  messageId: string;
  index: number;
  file?: number;
  /** In the vendor's words. */
  reason: string;
}

/**
 * What a run emits while it works, numbered from 0 in the order of emission. The last one is always `run-end`;
 * a run that failed emits `error` before it. The usage of `message-end` is that of the answer, the one of `run-end` that
 * of all the run's requests.
 * @publicApi
 */
export type RunEvent =
  | { type: 'run-queued'; runId: string; chatId: string; position: number }
  | { type: 'run-start'; runId: string; chatId: string; userMessageId: string | null }
  | { type: 'message-start'; messageId: string; role: Role }
  | Exclude<TurnEvent, { type: 'reset' | 'part-rejected' }>
  | PartRejectedEvent
  | ResetEvent
  | { type: 'tool-progress'; toolCallId: string; providerCallId: string; data: JsonValue }
  | ({ type: 'tool-result'; toolCallId: string; providerCallId: string } & Pick<
      ToolResultPart,
      'name' | 'content' | 'isError'
    >)
  | { type: 'approval-required'; toolCalls: ApprovalRequest[] }
  | { type: 'message-end'; message: MessageRecord & { usage: Usage }; usage: Usage; finishReason: FinishReason | null }
  | { type: 'error'; problem: Problem }
  | { type: 'run-end'; status: RunEndStatus; usage: Usage };
