import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { checkParams } from '../messages/params.js';
import { isStorable, storableJson } from '../messages/text.js';

/**
 * A request as the vendors take it, of one that comes from the host's code.
 * @throws ValidationError for parameters that none of them take
 */
export function givenRequest(request: ModelRequest): ModelRequest {
  const { params, messages } = request;
  if (params !== undefined) checkParams(params);
  return { ...request, ...(params && { params: storableJson(params) }), messages: messages.map(givenMessage) };
}

/** The message itself where it can be: what was rendered of it is known by it. */
function givenMessage(message: ModelMessage): ModelMessage {
  const { role, parts } = message;
  return isStorable(parts) ? message : { role, parts: storableJson(parts) };
}
