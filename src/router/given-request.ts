import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { checkParams } from '../messages/params.js';
import { type Part } from '../messages/part.interface.js';
import { isSanitized, sanitizeJson } from '../messages/text.js';
import { checkFile } from '../models/file-check.js';

/**
 * A request as the vendors take it, of one that comes from the host's code.
 * @throws ValidationError for parameters and files that none of them take
 */
export function sanitizeRequest(request: ModelRequest): ModelRequest {
  const { params, messages } = request;
  if (params !== undefined) checkParams(params);
  for (const { parts } of messages) for (const part of parts) checkFiles(part);
  return { ...request, ...(params && { params: sanitizeJson(params) }), messages: messages.map(sanitizeMessage) };
}

function checkFiles(part: Part): void {
  if (part.type === 'file') checkFile(part);
  else if (part.type === 'tool-result') for (const file of part.files ?? []) checkFile(file);
}

/** The message itself where it can be: what was rendered of it is known by it. */
function sanitizeMessage(message: ModelMessage): ModelMessage {
  const { role, parts } = message;
  return isSanitized(parts) ? message : { role, parts: sanitizeJson(parts) };
}
