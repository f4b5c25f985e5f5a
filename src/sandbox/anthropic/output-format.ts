import { isJsonObject, type JsonObject, parseJson } from '../json.js';
import { refuse } from './errors.js';
import { checkGrammar } from './schema-rules.js';

const PLACE = 'output_config.format';

/** The schema that an answer must match; `undefined` for plain text. Refuses a format that Anthropic does not take. */
export function outputSchema(config: unknown): JsonObject | undefined {
  const format = isJsonObject(config) ? config.format : undefined;
  if (format == null) return undefined;
  if (!isJsonObject(format) || format.type !== 'json_schema') refuse(`${PLACE}.type: Input should be 'json_schema'`);
  if (!isJsonObject(format.schema)) refuse(`${PLACE}.schema: Field required`);
  checkGrammar(format.schema, `${PLACE}.schema`);
  return format.schema;
}

/** The schema that the instructions ask the answer to match, for clients that cannot have it enforced. */
export function askedSchema(instructions: string): JsonObject | undefined {
  const asked = parseJson(/matches this JSON schema:\n(\{.*\})$/m.exec(instructions)?.[1] ?? '');
  return isJsonObject(asked) ? asked : undefined;
}
