import { type ModelMessage } from '../messages/message.interface.js';
import { mergeParams } from '../messages/merge-params.js';
import { type ModelParams, type ModelRequest, type ToolDefinition } from '../messages/model-request.interface.js';
import { type Part, type ToolCallPart } from '../messages/part.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { toSchema } from '../schemas/to-schema.js';
import { type BoundTool } from '../tools/bound-tool.interface.js';
import { type RunScope } from '../turn/turn.interface.js';
import { type GivenOptions, type RunOptions } from './run-options.js';
import { type BegunRun, type ChatSettings, type HistoryMessage } from './run-store.interface.js';

/** What holds for a run where neither it nor its chat says otherwise. */
export interface RunDefaults {
  /** The names of the tools that are offered. */
  tools?: readonly string[];
  maxSteps?: number;
  /** What the answer has to be, as JSON. */
  answerSchema?: Schema;
}

/** What a caller asks for. All but `settings` holds for this run alone. */
export interface StartRun extends GivenOptions {
  /** What the user says; `null` answers the last user message again. */
  user: Part[] | null;
  settings: ChatSettings;
  model?: string;
  /** The names of the tools that are offered; without them the chat's own. */
  tools?: readonly string[];
  /** Tells, once the run has begun, what holds where neither it nor its chat says otherwise. */
  defaults?: (begun: BegunRun, signal: AbortSignal) => Promise<RunDefaults>;
  /** How far the run goes; to the answer by default. */
  scope?: RunScope;
  /** The chat as the host knows it, for its tools. */
  chat: { id: string };
  /** Cancels the run when it aborts; a caller that merely leaves cancels nothing. */
  signal?: AbortSignal;
  /** Names the request that asks, in the ledger and in the log. */
  requestId?: string;
}

/** The request to the model that a begun run starts with, and the messages that its answer will replace. */
export interface FirstRequest {
  request: ModelRequest;
  supersedes: string[];
}

/**
 * Builds the first request from the history.
 * @param tools those that the run offers
 * @param answerSchema of the run
 */
export function firstRequest(
  begun: BegunRun,
  start: StartRun,
  tools: Iterable<BoundTool>,
  answerSchema?: Schema,
): FirstRequest {
  const { kept, supersedes } =
    start.user === null ? withoutUnfinished(begun.history) : { kept: begun.history, supersedes: [] };
  const messages = start.instructions === undefined ? kept : withInstructions(kept, start.instructions);
  const definitions = Array.from(tools, ({ definition }) => definition);
  const request = {
    model: begun.model,
    messages,
    params: paramsOf(begun, start, definitions),
    ...(definitions.length > 0 && { tools: definitions }),
    ...(answerSchema && { outputSchema: answerSchema.jsonSchema }),
  };
  return { request, supersedes };
}

/** The chat's own parameters and those of the run; to call one of the chat's tools is no must in a run without it. */
function paramsOf(
  { params: kept }: BegunRun,
  { params, settings, tools }: StartRun,
  offered: readonly ToolDefinition[],
): ModelParams {
  const { toolChoice: choice, ...others } = kept;
  const isOffered = typeof choice !== 'object' || offered.some(({ name }) => name === choice.tool);
  const isSaidNow = tools === undefined && settings.params?.toolChoice !== undefined;
  return mergeParams(isOffered || isSaidNow ? kept : others, params);
}

/** What the answer has to be: as the caller says, as a parked run was asked with, or by default; undefined for text. */
export function schemaOfAnswer(
  { answerSchema }: StartRun,
  kept: RunOptions | null | undefined,
  defaults: RunDefaults | undefined,
): Schema | undefined {
  if (answerSchema !== undefined) return answerSchema ?? undefined;
  const outputSchema = kept?.outputSchema;
  if (outputSchema === undefined) return defaults?.answerSchema;
  return outputSchema === null ? undefined : toSchema(outputSchema);
}

/** The last message of the assistant, if it has calls without a result. */
export function messageWithOpenCalls(history: readonly HistoryMessage[]): HistoryMessage | undefined {
  const index = history.findLastIndex(({ role }) => role === 'assistant');
  const message = history[index];
  if (message === undefined) return undefined;
  const results = history.slice(index + 1).filter(({ role }) => role === 'tool').length;
  return callsOf(message).length > results ? message : undefined;
}

/** The calls of a message, in order. */
export function callsOf({ parts }: Pick<ModelMessage, 'parts'>): ToolCallPart[] {
  return parts.filter((part) => part.type === 'tool-call');
}

/** Leaves out the answers that stopped half-way after the last thing that was said to the model. */
export function withoutUnfinished(history: readonly HistoryMessage[]): {
  kept: HistoryMessage[];
  supersedes: string[];
} {
  const lastSaid = history.findLastIndex((message) => message.role === 'user' || message.role === 'tool');
  const isUnfinished = (message: HistoryMessage, index: number): boolean =>
    index > lastSaid && message.role === 'assistant' && message.status !== 'complete';
  return {
    kept: history.filter((message, index) => !isUnfinished(message, index)),
    supersedes: history.filter(isUnfinished).map((message) => message.id),
  };
}

/** The last system message replaces those before it; at the end it leaves the history's own beginning as it was. */
function withInstructions(history: readonly ModelMessage[], instructions: string): ModelMessage[] {
  return [...history, { role: 'system', parts: [{ type: 'text', text: instructions }] }];
}
