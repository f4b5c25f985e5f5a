import { withDeadline } from '../async/deadline.js';
import { ownSignal } from '../async/own-signal.js';
import { type JsonObject, type JsonValue } from '../messages/json.interface.js';
import { type ToolCallPart } from '../messages/part.interface.js';
import { type BoundTool, type ToolOutcome } from '../tools/bound-tool.interface.js';
import { type ToolContext } from '../tools/duo-tool.interface.js';
import { isReleased } from './released-turn.js';
import { type CallResult, type PendingToolCall, type ToolCall, type Turn } from './turn.interface.js';

/** The input of a call and the answer of a model are checked by the host's code: how long that may take. */
export const CHECK_TIMEOUT_MS = 30_000;

/** How a call is handled. */
export type Plan =
  | { type: 'run'; execute(context: ToolContext): Promise<ToolOutcome> }
  | { type: 'answer'; status: CallResult['status']; outcome: ToolOutcome }
  /** A person has to decide first. */
  | { type: 'wait' };

/** A call with its plan. */
export interface PlannedCall extends ToolCall {
  plan: Plan;
  isIdempotent: boolean;
}

/** What the model receives instead of the result of a call that was denied. */
type Denial = JsonObject & { denied: true; reason: string | null };

/** What plans need of their turn. */
type PlanningTurn = Pick<Turn, 'signal' | 'toolContext' | 'tools'>;

/** Plans a new call. */
export function planCall(call: ToolCall, turn: PlanningTurn): Promise<PlannedCall> {
  return planWith(call, turn, (tool, input, context) => tool.needsApproval(input, context));
}

/** Plans a call that was stored before, by what has been decided about it. */
export async function planStoredCall(call: PendingToolCall, turn: PlanningTurn): Promise<PlannedCall> {
  if (call.status === 'denied') {
    const outcome = failure(denial(call.reason));
    return { ...call, plan: { type: 'answer', status: 'denied', outcome }, isIdempotent: false };
  }
  return planWith(call, turn, () => Promise.resolve(call.needsApproval && call.status !== 'approved'));
}

export function denial(reason: string | null): Denial {
  return { denied: true, reason };
}

/** Whether the error that answers a call says that the call was denied. */
export function isDenial(content: JsonValue): content is Denial {
  return typeof content === 'object' && content !== null && 'denied' in content && content.denied === true;
}

/** The outcome of a call that has failed, in words for the model. */
export function failure(content: ToolOutcome['content']): ToolOutcome {
  return { content, isError: true };
}

async function planWith(
  { id, ordinal, part }: ToolCall,
  turn: PlanningTurn,
  mustWait: (tool: BoundTool, input: unknown, context: ToolContext) => Promise<boolean>,
): Promise<PlannedCall> {
  const call: ToolCall = { id, ordinal, part };
  const tool = turn.tools.get(part.name);
  if (tool === undefined) return rejectCall(call, unknownTool(part.name, [...turn.tools.keys()]));
  if (part.malformed !== undefined) return rejectCall(call, malformedInput(part, part.malformed));
  const check = async (signal: AbortSignal): Promise<PlannedCall> => {
    const input = await tool.validate(part.arguments);
    if ('problem' in input) return rejectCall(call, `The input of the tool "${part.name}" is wrong: ${input.problem}`);
    const { value } = input;
    const context: ToolContext = { ...turn.toolContext, toolCallId: id, signal, emit: () => undefined };
    const plan: Plan = (await mustWait(tool, value, context))
      ? { type: 'wait' }
      : { type: 'run', execute: (context) => tool.execute(value, context) };
    return { ...call, plan, isIdempotent: tool.isIdempotent };
  };
  try {
    // The grace lets quick checks of a cancelled turn end: its calls are then reported as cancelled.
    return await withDeadline(check, { ms: CHECK_TIMEOUT_MS, signal: ownSignal(turn.signal), graceMs: 0 });
  } catch {
    if (isReleased(turn.signal)) return { ...call, plan: { type: 'wait' }, isIdempotent: tool.isIdempotent };
    return rejectCall(call, `The tool "${part.name}" could not check the call, so it did not run.`);
  }
}

function rejectCall(call: ToolCall, problem: string): PlannedCall {
  return { ...call, plan: { type: 'answer', status: 'failed', outcome: failure(problem) }, isIdempotent: false };
}

function malformedInput({ name, problem }: ToolCallPart, text: string): string {
  return problem === undefined
    ? `The input of the tool "${name}" is not a JSON object, so the call did not run. It begins: ${text}`
    : `The input of the tool "${name}" is wrong, so the call did not run: ${problem}. It begins: ${text}`;
}

function unknownTool(name: string, known: string[]): string {
  const others = known.length === 0 ? 'There are no tools.' : `Use one of these: ${known.join(', ')}.`;
  return `There is no tool "${name}". ${others}`;
}
