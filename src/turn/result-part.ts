import { type ToolResultPart } from '../messages/part.interface.js';
import { sanitizeJson } from '../messages/text.js';
import { type CallResult } from './turn.interface.js';

/** What a call came to, as the part that answers it. */
export function resultPart({ call, outcome }: CallResult): ToolResultPart {
  const { id, name } = call.part;
  const { files, isError } = outcome;
  return { type: 'tool-result', id, name, content: sanitizeJson(outcome.content), ...(files && { files }), isError };
}
