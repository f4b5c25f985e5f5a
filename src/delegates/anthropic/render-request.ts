import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelRequest, type ToolDefinition } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { outputLimit } from '../output-limit.js';
import { renderSampling } from '../sampling.js';
import { toTranscript } from '../transcript.js';
import { withVendorParams } from '../vendor-params.js';
import { ephemeral, markLastMessages } from './cache-marks.js';
import { renderMessages } from './render-messages.js';
import { renderThinking } from './render-thinking.js';

/** The body of a streamed request to the Messages API. */
export function renderRequest(model: Model, request: ModelRequest): JsonObject {
  const { params = {}, tools = [] } = request;
  const { instructions, messages } = toTranscript(request.messages, 'anthropic-messages');
  const maxTokens = outputLimit(model, params);
  const thinking = renderThinking(model, params.thinking, maxTokens, messages);
  // A model with budgets refuses to see its own thoughts in the turn at hand while it may not think.
  const wireMessages = renderMessages(messages, { reasoning: thinking !== undefined || model.thinking !== 'budget' });
  markLastMessages(wireMessages);

  const body: JsonObject = {
    model: model.upstreamId,
    max_tokens: maxTokens,
    ...thinking,
    ...renderSampling(model, params, thinking !== undefined),
    ...(params.stopSequences?.length && { stop_sequences: params.stopSequences }),
    ...(tools.length > 0 && { tools: tools.map(renderTool) }),
    ...(instructions !== undefined && { system: [{ type: 'text', text: instructions, cache_control: ephemeral }] }),
    messages: wireMessages,
    stream: true,
  };
  return withVendorParams(body, params);
}

function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { name, description, input_schema: parameters };
}
