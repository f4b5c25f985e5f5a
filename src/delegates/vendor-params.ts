import { type JsonObject } from '../messages/json.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { isObject } from '../messages/is-object.js';

const rendered = ['temperature', 'topP', 'maxOutputTokens', 'stopSequences', 'thinking', 'toolChoice', 'toolCalls'];
const reserved = ['model', 'messages', 'input', 'system', 'instructions', 'stream', 'tools'];
const withheld = new Set([...rendered, ...reserved]);

/**
 * Adds the parameters that only the vendor knows. What the request itself is made of cannot be replaced; any other key
 * can, and where both sides have an object (`output_config`, `reasoning`, `stream_options`), the two are merged.
 */
export function withVendorParams(body: JsonObject, params: ModelParams): JsonObject {
  const merged = { ...body };
  // Sorted, so that the same settings give the same bytes.
  for (const key of Object.keys(params).sort()) {
    const value = params[key];
    if (value === undefined || withheld.has(key)) continue;
    const ours = merged[key];
    merged[key] = isObject(ours) && isObject(value) ? { ...ours, ...value } : value;
  }
  return merged;
}
