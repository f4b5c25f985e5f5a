import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelRequest, type ToolDefinition } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { outputLimit } from '../output-limit.js';
import { renderSampling } from '../sampling.js';
import { thinkingEffort } from '../thinking.js';
import { toTranscript } from '../transcript.js';
import { withVendorParams } from '../vendor-params.js';
import { renderItems } from './render-items.js';

// The vendor refuses a request for less.
const smallestLimit = 16;

/** The body of a streamed request to the Responses API, which knows no stop sequences. */
export function renderRequest(model: Model, request: ModelRequest): JsonObject {
  const { params = {}, tools = [] } = request;
  const { instructions, messages } = toTranscript(request.messages, 'openai-responses');

  const body: JsonObject = {
    model: model.upstreamId,
    ...(instructions !== undefined && { instructions }),
    input: messages.flatMap(renderItems),
    ...(tools.length > 0 && { tools: tools.map(renderTool) }),
    max_output_tokens: Math.max(outputLimit(model, params), smallestLimit),
    ...(params.thinking && { reasoning: { effort: thinkingEffort(params.thinking), summary: 'auto' } }),
    ...renderSampling(model, params, params.thinking !== undefined),
    include: ['reasoning.encrypted_content'],
    store: false,
    stream: true,
  };
  return withVendorParams(body, params);
}

/** Without `strict: false` this API would rewrite the schema to its strict subset. */
function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: 'function', name, description, parameters, strict: false };
}
