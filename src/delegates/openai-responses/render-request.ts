import { type JsonObject } from '../../messages/json.interface.js';
import { type ToolDefinition } from '../../messages/model-request.interface.js';
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
import { responsesHistory } from './render-items.js';

// The vendor refuses a request for less.
const MIN_OUTPUT_TOKENS = 16;

/** The body of a streamed request to the Responses API, which knows no stop sequences. */
export function renderRequest(model: Model, request: SentRequest): RenderedRequest {
  const { params = {}, tools = [] } = request;
  const { instructions, items, pieces } = renderHistory(request.messages, responsesHistory, model);
  const format = jsonFormat(request);
  const effort = params.thinking && nearestEffort(model, params.thinking);
  const isThinking = effort !== undefined && effort !== 'none';

  const settings: JsonObject = {
    model: model.upstreamId,
    ...(instructions !== undefined && { instructions }),
    ...(tools.length > 0 && { tools: tools.map(renderTool) }),
    ...renderUse(offeredUse(request), (name) => ({ type: 'function', name })),
    max_output_tokens: Math.max(outputLimit(model, params), MIN_OUTPUT_TOKENS),
    ...(effort !== undefined && { reasoning: { effort, ...(isThinking && { summary: 'auto' }) } }),
    ...(format && { text: { format: { type: 'json_schema', ...format } } }),
    ...renderSampling(model, params, isThinking),
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  };
  const body = requestBody(withVendorParams(settings, params), 'input', items);
  return { body, isSchemaEnforced: format?.strict === true, pieces };
}

/** Without `strict: false` this API would rewrite the schema to its strict subset. */
function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: 'function', name, description, parameters: openaiSchema(parameters), strict: false };
}
