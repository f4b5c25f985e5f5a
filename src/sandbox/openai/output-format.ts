import { isJsonObject, type JsonObject, objectOf, stringOf } from '../json.js';
import { type Reply } from '../server/reply.js';
import { openaiError, refuse } from './errors.js';
import { checkToolName } from './parameter-rules.js';
import { checkSchema, type SchemaOwner } from './schema-rules.js';
import { checkStrictSchema } from './strict-schema.js';

const TYPES = ['text', 'json_object', 'json_schema'];

/** An output format, as both APIs express it. */
export interface OutputFormat {
  type: unknown;
  /** The object with the name and the schema of a `json_schema`: the format itself, or a level below. */
  holder: unknown;
  param: string;
}

/** The schema that an answer has to match; `undefined` for plain text. Refuses a format that OpenAI does not take. */
export function outputSchema({ type = 'text', holder, param }: OutputFormat): JsonObject | undefined {
  if (!TYPES.includes(stringOf(type))) {
    const supported = TYPES.map((name) => `'${name}'`).join(', ');
    refuse(`Invalid value: '${stringOf(type)}'. Supported values are: ${supported}.`, `${param}.type`, 'invalid_value');
  }
  if (type !== 'json_schema') return type === 'text' ? undefined : { type: 'object' };
  const { name, schema, strict } = isJsonObject(holder) ? holder : {};
  checkToolName(stringOf(name), `${param}.name`);
  if (!isJsonObject(schema)) {
    refuse(`Missing required parameter: '${param}.schema'.`, `${param}.schema`, 'missing_required_parameter');
  }
  if (schema.type !== 'object') {
    const found = JSON.stringify(schema.type ?? 'None');
    refuse(
      `Invalid schema for response_format '${stringOf(name)}': schema must be a JSON Schema of 'type: "object"', got 'type: ${found}'.`,
      param,
      'invalid_json_schema',
    );
  }
  const owner: SchemaOwner = {
    what: `response_format '${stringOf(name)}'`,
    param: param === 'text.format' ? 'text.format.schema' : param,
    code: 'invalid_json_schema',
  };
  checkSchema(schema, owner);
  if (strict === true) checkStrictSchema(schema, owner);
  return schema;
}

/**
 * The refusal to enforce the request's schema, by a limit that OpenAI has raised since; undefined without such a schema.
 * It stands for the limits that the vendor does not publish.
 */
export function strictRefusal({ holder, param }: Omit<OutputFormat, 'type'>): Reply | undefined {
  const { name, strict } = objectOf(holder);
  if (strict !== true) return undefined;
  const message = `Invalid schema for response_format '${stringOf(name)}': 101 parameters exceeds limit of 100.`;
  return openaiError(400, 'invalid_request_error', message, 'invalid_json_schema', param);
}

/** Refuses JSON mode in a chat without the word "JSON". */
export function checkJsonWord(type: unknown, said: unknown, message: string, param: string): void {
  if (type === 'json_object' && !/json/i.test(JSON.stringify(said))) refuse(message, param);
}
