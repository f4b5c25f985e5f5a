import { type UpstreamModel } from '../gateway/upstream-model.js';
import { type Vendor, type VendorRequest } from '../gateway/vendor.interface.js';
import { isJsonObject, type JsonObject, listOf, objectOf } from '../json.js';
import { strictRefusal } from '../openai/output-format.js';
import { responsesErrors } from './errors.js';
import { readItems } from './input-items.js';
import { checkItemOrder } from './item-order.js';
import { responsesQuirks } from './quirks.js';
import { checkParameters } from './parameter-rules.js';
import { checkPhases } from './phase-rules.js';
import { promptOf } from './prompt-of.js';
import { reasoningRefusal } from './reasoning.js';
import { streamResponse } from './response-stream.js';
import { renderResponse, type ResponseStyle } from './response.js';

/** OpenAI Responses. */
export const openaiResponses: Vendor = {
  api: 'openai-responses',
  path: 'openai/v1/responses',
  queries: [],
  requiredHeaders: [],
  errors: responsesErrors,
  quirks: responsesQuirks,
  read,
};

function read(body: JsonObject, model: UpstreamModel): VendorRequest {
  checkParameters(body, model);
  const items = readItems(body.input, model.id);
  checkItemOrder(items);
  checkPhases(items);
  const style = styleOf(body, model);
  return {
    prompt: promptOf(body, items, model.id),
    isStream: body.stream === true,
    reasoningRefusal: reasoningRefusal(items),
    schemaRefusal: strictRefusal({ holder: objectOf(body.text).format, param: 'text.format.schema' }),
    renderJson: (answer) => renderResponse(answer, style),
    renderStream: (answer, words) => streamResponse(answer, style, words),
  };
}

function styleOf(body: JsonObject, model: UpstreamModel): ResponseStyle {
  const reasoning = isJsonObject(body.reasoning) ? body.reasoning : {};
  return {
    model: model.id,
    hasPhases: model.hasPhases,
    isStored: body.store !== false,
    isEncryptedIncluded: listOf(body.include).includes('reasoning.encrypted_content'),
    isSummarised: typeof reasoning.summary === 'string',
    settings: {
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      metadata: body.metadata ?? {},
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
      service_tier: 'default',
      temperature: 1,
      text: body.text ?? { format: { type: 'text' } },
      tool_choice: body.tool_choice ?? 'auto',
      tools: body.tools ?? [],
      top_p: 1,
      truncation: body.truncation ?? 'disabled',
    },
  };
}
