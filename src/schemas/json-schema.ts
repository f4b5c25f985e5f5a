import { type ErrorObject } from 'ajv';
import { type ValidateFunction } from 'ajv/dist/2020.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { ownPropertiesAjv, withOwnProto } from './own-properties.js';
import { plainSchema, reasonOf } from './plain-schema.js';
import { describeIssues } from './describe-issues.js';
import { type JsonSchema, type Schema } from './schema.interface.js';
import { type Issue } from './standard-schema.interface.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** @throws ConfigurationError when it is no JSON Schema of the 2020-12 dialect, or refers to what it does not hold */
export function fromJsonSchema(source: JsonSchema): Schema {
  const jsonSchema = plainSchema(() => source);
  const isValid = compile(jsonSchema);
  return {
    jsonSchema,
    // Async, so that what ajv throws, on a value that is too deep, rejects.
    // eslint-disable-next-line @typescript-eslint/require-await
    async validate(value) {
      if (isValid(value)) return { value };
      return { problem: describeIssues((isValid.errors ?? []).map(issueOf), value) };
    },
  };
}

const metaSchema = ownPropertiesAjv();

/**
 * Checks what a library made of a schema, which Claude and GPT refuse unless it is JSON Schema.
 * @throws ConfigurationError when it is not of the 2020-12 dialect
 */
export function mustBeJsonSchema({ $schema: _dialect, ...schema }: JsonObject): void {
  if (metaSchema.validateSchema(schema) === true) return;
  throw new ConfigurationError(`The schema is no valid JSON Schema: ${metaSchema.errorsText()}`);
}

function compile(schema: JsonObject): ValidateFunction {
  const { $schema } = schema;
  if ($schema !== undefined && (typeof $schema !== 'string' || $schema.replace(/#$/, '') !== DIALECT)) {
    throw new ConfigurationError(
      `The schema is of the dialect ${JSON.stringify($schema)}. Write it in the dialect 2020-12, and leave $schema out.`,
    );
  }
  try {
    return ownPropertiesAjv().compile(withOwnProto(schema));
  } catch (cause) {
    throw new ConfigurationError(`The schema is no valid JSON Schema: ${reasonOf(cause)}`, { cause });
  }
}

function issueOf({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject): Issue {
  return { path: instancePath.split('/').slice(1).map(unescaped), message: message + detail(keyword, params) };
}

/** What ajv leaves out of its messages. */
function detail(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'enum':
      return `: ${JSON.stringify(params.allowedValues)}`;
    case 'const':
      return `: ${JSON.stringify(params.allowedValue)}`;
    case 'additionalProperties':
      return `: ${JSON.stringify(params.additionalProperty)}`;
    default:
      return '';
  }
}

function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}
