import { type JsonObject } from '../messages/json.interface.js';
import { objectAt, oneOf, optional, textAt } from './fields.js';

/** What an answer may be without a schema of its own. */
const ANY_OBJECT: JsonObject = { type: 'object', additionalProperties: true };

/**
 * The schema that an answer has to match; undefined for text.
 * @throws ParamError
 */
export function readFormat(value: unknown): JsonObject | undefined {
  const format = optional(value, 'response_format', objectAt);
  if (format === undefined) return undefined;
  const type = oneOf(['text', 'json_object', 'json_schema'])(format.type, 'response_format.type');
  if (type === 'text') return undefined;
  if (type === 'json_object') return ANY_OBJECT;
  const { schema, description } = objectAt(format.json_schema, 'response_format.json_schema');
  const given = objectAt(schema, 'response_format.json_schema.schema') as JsonObject;
  const said = optional(description, 'response_format.json_schema.description', textAt);
  return said === undefined || 'description' in given ? given : { description: said, ...given };
}
