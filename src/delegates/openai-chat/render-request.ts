import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelParams, type ModelRequest, type ToolDefinition } from '../../messages/model-request.interface.js';
import { type Model } from '../../models/model.interface.js';
import { outputLimit } from '../output-limit.js';
import { renderSampling } from '../sampling.js';
import { thinkingEffort } from '../thinking.js';
import { toTranscript } from '../transcript.js';
import { withVendorParams } from '../vendor-params.js';
import { renderMessage } from './render-message.js';

/** The body of a streamed request to Chat Completions. */
export function renderRequest(model: Model, request: ModelRequest): JsonObject {
  const { params = {}, tools = [] } = request;
  const { instructions, messages } = toTranscript(request.messages, 'openai-chat');
  const isThinking = params.thinking !== undefined;

  const body: JsonObject = {
    model: model.upstreamId,
    messages: [
      ...(instructions !== undefined ? [{ role: 'developer', content: instructions }] : []),
      ...messages.flatMap(renderMessage),
    ],
    ...(tools.length > 0 && { tools: tools.map(renderTool) }),
    max_completion_tokens: outputLimit(model, params),
    ...(params.thinking && { reasoning_effort: thinkingEffort(params.thinking) }),
    ...renderSampling(model, params, isThinking),
    ...renderStop(model, params, isThinking),
    stream: true,
    stream_options: { include_usage: true },
  };
  return withVendorParams(body, params);
}

/** Models that reason refuse `stop` along with sampling. */
function renderStop(model: Model, { stopSequences = [] }: ModelParams, isThinking: boolean): JsonObject {
  return model.sampling && !isThinking && stopSequences.length > 0 ? { stop: stopSequences } : {};
}

function renderTool({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: 'function', function: { name, description, parameters } };
}
