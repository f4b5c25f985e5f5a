import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams, type ToolDefinition } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { outputLimit } from '../output-limit.js';
import { renderSampling } from '../sampling.js';
import { nearestEffort } from '../thinking.js';
import { jsonFormat } from '../openai-format.js';
import { openaiSchema } from '../openai-schema.js';
import { renderUse } from '../openai-tool-use.js';
import { offeredUse } from '../tool-choice.js';
import { withVendorParams } from '../vendor-params.js';
import { renderHistory } from '../render-history.js';
import { type RenderedRequest, type SentRequest } from '../delegate.interface.js';
import { requestBody } from '../request-body.js';
import { chatHistory } from './render-message.js';

/** The body of a streamed request to Chat Completions. */
export function renderRequest(model: Model, request: SentRequest): RenderedRequest {
  const { params = {}, tools = [] } = request;
  const { instructions, items, pieces } = renderHistory(request.messages, chatHistory, model);
  const effort = params.thinking && nearestEffort(model, params.thinking);
  const isThinking = effort !== undefined && effort !== 'none';
  const format = jsonFormat(request);

  const settings: JsonObject = {
    model: model.upstreamId,
    ...(tools.length > 0 && { tools: tools.map(renderTool) }),
    ...renderUse(offeredUse(request), (name) => ({ type: 'function', function: { name } })),
    max_completion_tokens: outputLimit(model, params),
    ...(effort !== undefined && (tools.length === 0 || model.effortWithTools) && { reasoning_effort: effort }),
    ...(format && { response_format: { type: 'json_schema', json_schema: format } }),
    ...renderSampling(model, params, isThinking),
    ...renderStop(model, params, isThinking),
    stream: true,
    stream_options: { include_usage: true },
  };
  const before = renderInstructions(instructions);
  const list = [...before.map((message) => Buffer.from(`${JSON.stringify(message)},`)), ...items];
  return {
    body: requestBody(withVendorParams(settings, params), 'messages', list),
    isSchemaEnforced: format?.strict === true,
    pieces: () => [...before, ...pieces()],
  };
}

function renderInstructions(content: string | undefined): JsonObject[] {
  return content === undefined ? [] : [{ role: 'developer', content }];
}

/** Models that reason refuse `stop` along with sampling. */
function renderStop(model: Model, { stopSequences = [] }: ModelParams, isThinking: boolean): JsonObject {
  return model.sampling && !isThinking && stopSequences.length > 0 ? { stop: stopSequences } : {};
}

function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: 'function', function: { name, description, parameters: openaiSchema(parameters) } };
}
