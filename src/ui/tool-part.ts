import { type ToolCallState } from '../chats/store/tool-call-states.js';
import { type ToolCallPart, type ToolResultPart } from '../messages/part.interface.js';
import { errorText } from './tool-result.js';
import { type UiApproval, type UiToolPart } from './ui-message.interface.js';
import { type UiVersion } from './ui-version.js';

/** A call and what became of it, as clients of the version have it. */
export function toolPart(
  { name, arguments: input }: ToolCallPart,
  call: ToolCallState,
  result: ToolResultPart | undefined,
  version: UiVersion,
): UiToolPart {
  const approval = version === 5 ? undefined : approvalOf(call);
  const part = { type: `tool-${name}` as const, toolCallId: call.id, input, ...(approval && { approval }) };
  const state = stateOf(call, result, version);
  if (result === undefined || (state !== 'output-available' && state !== 'output-error')) return { ...part, state };
  return {
    ...part,
    state,
    ...(result.isError ? { errorText: errorText(result.content) } : { output: result.content }),
  };
}

function stateOf(call: ToolCallState, result: ToolResultPart | undefined, version: UiVersion): UiToolPart['state'] {
  const isDenied = call.status === 'denied';
  if (result && !isDenied) return result.isError ? 'output-error' : 'output-available';
  if (version === 5) return 'input-available';
  if (call.isAwaitingApproval) return 'approval-requested';
  if (isDenied && result) return 'output-denied';
  return isDecided(call) ? 'approval-responded' : 'input-available';
}

/** A call whose turn never came to a decision, because the chat moved on, has none. */
function approvalOf(call: ToolCallState): UiApproval | undefined {
  const { id, status, reason } = call;
  if (call.isAwaitingApproval) return { id };
  if (!isDecided(call)) return undefined;
  return { id, approved: status !== 'denied', ...(reason !== null && { reason }) };
}

function isDecided({ decidedAt }: ToolCallState): boolean {
  return decidedAt !== null;
}
