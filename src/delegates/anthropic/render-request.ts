import { type Effort } from '../../messages/effort.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams, type ToolDefinition } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { instructionsOf } from '../transcript.js';
import { outputLimit } from '../output-limit.js';
import { renderSampling } from '../sampling.js';
import { isForced, type OfferedUse, offeredUse } from '../tool-choice.js';
import { withVendorParams } from '../vendor-params.js';
import { type RenderedRequest, type SentRequest } from '../delegate.interface.js';
import { digestOf } from '../prefix-chain.js';
import { renderHistory } from '../render-history.js';
import { requestBody } from '../request-body.js';
import { answerRequest, answerTool, outputFormat } from './answer-tool.js';
import { ephemeral } from './cache-marks.js';
import { historyWithReasoning, historyWithoutReasoning } from './render-messages.js';
import { isThinking, mayThink, renderThinking, withoutThinking } from './render-thinking.js';

// Beyond 1 this vendor refuses a temperature, and it refuses two ways of sampling at once.
const claudeSampling = { maxTemperature: 1, isEither: true };

/** Settings of a request, with what comes before its messages. */
type Prefix = JsonObject & { system?: JsonObject[]; tools?: JsonObject[] };

/** A streamed request to the Messages API. */
export function renderRequest(model: Model, request: SentRequest): RenderedRequest {
  const { params = {}, messages } = request;
  const maxTokens = outputLimit(model, params);
  const use = offeredUse(request);
  const wanted = renderThinking(model, params.thinking, maxTokens, messages);
  // A request that asks for thinking keeps it: the answer tool is then offered instead of forced.
  const mustAnswer = answerTool(request) !== undefined && !(params.thinking && isThinking(wanted));
  const mustCall = model.forcedTools && (isForced(use) || mustAnswer);
  const thinking = mustCall ? withoutThinking(model, wanted) : wanted;
  const system = renderSystem(instructionsOf(messages), answerRequest(request));
  const tools = renderTools(model, request, use, mustCall);
  const base = model.boundThinking ? baseOf(system, tools) : undefined;
  const history = mayThink(model, thinking) ? historyWithReasoning : historyWithoutReasoning;
  const { items, prefixDigest, pieces } = renderHistory(messages, history, model, base);
  const format = outputFormat(request);

  const settings: JsonObject = {
    model: model.upstreamId,
    max_tokens: maxTokens,
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...renderOutput(thinking.effort, format),
    ...renderSampling(model, params, isThinking(thinking), claudeSampling),
    ...renderStop(params),
    ...tools,
    ...system,
    stream: true,
  };
  const body = requestBody(withVendorParams(settings, params), 'messages', items);
  return { body, prefixDigest, isSchemaEnforced: format !== undefined, pieces };
}

/** Names what comes before the messages; marks for the cache do not count. */
function baseOf({ system = [] }: Prefix, { tools = [] }: Prefix): string {
  return digestOf(JSON.stringify([system.map(({ text }) => text), tools]));
}

function renderOutput(effort: Effort | undefined, format: JsonObject | undefined): JsonObject {
  const config: JsonObject = { ...(effort !== undefined && { effort }), ...(format && { format }) };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}

/** The instructions, which stay the same from ask to ask, and what the answer has to be. */
function renderSystem(instructions: string | undefined, asked: string | undefined): Prefix {
  const system: JsonObject[] = [
    ...(instructions === undefined ? [] : [{ type: 'text', text: instructions, cache_control: ephemeral }]),
    ...(asked === undefined ? [] : [{ type: 'text', text: asked }]),
  ];
  return system.length > 0 ? { system } : {};
}

/** This vendor refuses sequences of white space alone. */
function renderStop({ stopSequences = [] }: ModelParams): JsonObject {
  const sequences = stopSequences.filter((sequence) => /\S/.test(sequence));
  return sequences.length > 0 ? { stop_sequences: sequences } : {};
}

function renderTools(model: Model, request: SentRequest, use: OfferedUse | undefined, mustCall: boolean): Prefix {
  const { tools = [] } = request;
  const answer = answerTool(request);
  if (answer === undefined) {
    return { ...(tools.length > 0 && { tools: renderOffer(model, tools) }), ...renderUse(use) };
  }
  const offered = use?.choice === 'none' ? [answer] : [answer, ...tools];
  return {
    tools: renderOffer(model, offered),
    ...renderUse(answerUse(answer.name, offered.length === 1, use, mustCall)),
  };
}

/** The model has to call the tool of its answer, or another one first, where it can be forced. */
function answerUse(tool: string, isAlone: boolean, use: OfferedUse | undefined, mustCall: boolean): OfferedUse {
  if (!mustCall) return { choice: 'auto', isParallel: use?.isParallel };
  return isAlone ? { choice: { tool }, isParallel: false } : { choice: 'required', isParallel: use?.isParallel };
}

function renderUse(use: OfferedUse | undefined): JsonObject {
  if (use === undefined) return {};
  const { choice, isParallel } = use;
  if (choice === 'none') return { tool_choice: { type: 'none' } };
  const parallel: JsonObject = isParallel === undefined ? {} : { disable_parallel_tool_use: !isParallel };
  if (typeof choice === 'object') return { tool_choice: { type: 'tool', name: choice.tool, ...parallel } };
  if (choice === 'required') return { tool_choice: { type: 'any', ...parallel } };
  return choice === 'auto' || isParallel !== undefined ? { tool_choice: { type: 'auto', ...parallel } } : {};
}

/** A set of tools is always the same to a model that binds its thinking to it. */
function renderOffer(model: Model, tools: readonly ToolDefinition[]): JsonObject[] {
  const ordered = model.boundThinking ? [...tools].sort((left, right) => (left.name < right.name ? -1 : 1)) : tools;
  return ordered.map(renderTool);
}

function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { name, description, input_schema: parameters };
}
