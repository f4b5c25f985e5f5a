import { type ModelMessage } from '../messages/message.interface.js';
import { mergeParams } from '../messages/merge-params.js';
import { newId } from '../messages/new-id.js';
import { type ModelParams, type ModelRequest, type ToolDefinition } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { type Schema } from '../schemas/schema.interface.js';
import { toSchema } from '../schemas/to-schema.js';
import { type BoundTool } from '../tools/bound-tool.interface.js';
import { type RunScope } from '../turn/turn.interface.js';
import { type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { type Revision } from './revision.interface.js';
import { type GivenOptions, type RunOptions } from './run-options.js';
import { type ChatSettings, type NewUserMessage } from './chat-settings.interface.js';
import { type BegunRun, type HistoryMessage } from './begin-run.interface.js';

/** The defaults of a run, which its own options and its chat's settings override. */
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
  /** A client's own id of what the user says, unique in the chat. */
  messageExternalId?: string;
  /** What the run takes back of what was said before. */
  revision?: Revision;
  settings: ChatSettings;
  model?: string;
  /** The names of the tools that are offered; without them the chat's own. */
  tools?: readonly string[];
  /** The defaults of the run, read once it has begun: its own options and its chat's settings override them. */
  defaults?: (begun: BegunRun, signal: AbortSignal) => Promise<RunDefaults>;
  /** How far the run goes; to the answer by default. */
  scope?: RunScope;
  /** The chat as the host knows it, for its tools. */
  chat: { id: string };
  /** Cancels the run when it aborts; a caller that merely leaves cancels nothing. */
  signal?: AbortSignal;
  /** Names the request that asks, in the ledger and in the log. */
  requestId?: string;
  /** Makes the request happen once: another one with the key gets the same run. */
  idempotencyKey?: string;
  /** What to do while the chat has an active run; as its kind or the module says by default. */
  whenBusy?: WhenBusy;
  /** The default of the chat's kind for that. */
  whenBusyOfKind?: WhenBusy;
}

/** What the user says, as a new message; `null` where that is nothing new. */
export function newUserMessage({ user, messageExternalId: externalId }: StartRun): NewUserMessage | null {
  return user && { id: newId(), parts: user, ...(externalId !== undefined && { externalId }) };
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

/** The chat's parameters merged with the run's. A forced tool choice is dropped when the run does not offer that tool. */
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

/** The schema of the answer: the caller's, that of the parked run, or the default; undefined for text. */
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

/** Leaves out incomplete answers after the last message to the model. */
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

/** The last system message replaces those before it. At the end, it leaves the beginning of the history unchanged. */
function withInstructions(history: readonly ModelMessage[], instructions: string): ModelMessage[] {
  return [...history, { role: 'system', parts: [{ type: 'text', text: instructions }] }];
}
