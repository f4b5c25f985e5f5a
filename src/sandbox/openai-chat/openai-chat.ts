import { type UpstreamModel } from '../gateway/upstream-model.js';
import { type Vendor, type VendorRequest } from '../gateway/vendor.interface.js';
import { isJsonObject, type JsonObject, objectOf } from '../json.js';
import { strictRefusal } from '../openai/output-format.js';
import { streamCompletion } from './completion-stream.js';
import { renderCompletion } from './completion.js';
import { chatErrors } from './errors.js';
import { readMessages } from './message-rules.js';
import { chatQuirks } from './quirks.js';
import { checkParameters } from './parameter-rules.js';
import { promptOf } from './prompt-of.js';

/** OpenAI Chat Completions. */
export const openaiChat: Vendor = {
  api: 'openai-chat',
  path: 'openai/v1/chat/completions',
  queries: [],
  requiredHeaders: [],
  errors: chatErrors,
  quirks: chatQuirks,
  read,
};

function read(body: JsonObject, model: UpstreamModel): VendorRequest {
  checkParameters(body, model);
  const messages = readMessages(body.messages, model.id);
  const options = isJsonObject(body.stream_options) ? body.stream_options : {};
  const style = { model: model.id, isUsageIncluded: options.include_usage === true };
  return {
    prompt: promptOf(body, messages, model.id),
    isStream: body.stream === true,
    schemaRefusal: strictRefusal({ holder: objectOf(body.response_format).json_schema, param: 'response_format' }),
    renderJson: (answer) => renderCompletion(answer, model.id),
    renderStream: (answer, words) => streamCompletion(answer, style, words),
  };
}
