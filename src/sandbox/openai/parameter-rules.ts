import { type UpstreamModel } from '../gateway/upstream-model.js';
import { isJsonObject, type JsonObject, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { checkParameters, type SchemaOwner } from './schema-rules.js';
import { checkStrictSchema } from './strict-schema.js';

/** Refuses parameters that the API does not know. */
export function checkKnown(body: JsonObject, known: ReadonlySet<string>): void {
  for (const name of Object.keys(body)) {
    if (!known.has(name)) refuse(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
  }
}

/** Refuses parameters that reasoning models do not take; `advice` is appended to the error. */
export function checkUnsupported(body: JsonObject, names: readonly string[], advice = ''): void {
  for (const name of names) {
    if (body[name] == null) continue;
    refuse(
      `Unsupported parameter: '${name}' is not supported with this model.${advice}`,
      name,
      'unsupported_parameter',
    );
  }
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Refuses an effort that is invalid, or that the model does not take. */
export function checkEffort(effort: unknown, param: string, { id, efforts }: UpstreamModel): void {
  if (effort == null) return;
  const level = stringOf(effort);
  if (!EFFORTS.includes(level)) {
    refuse(`Invalid value: '${level}'. Supported values are: ${quoted(EFFORTS)}.`, param, 'invalid_value');
  }
  if (efforts.includes(level)) return;
  refuse(
    `Unsupported value: '${level}' is not supported with the '${id}' model. Supported values are: ${quoted(efforts)}.`,
    param,
    'unsupported_value',
  );
}

function quoted(values: readonly string[]): string {
  const words = values.map((value) => `'${value}'`);
  return `${words.slice(0, -1).join(', ')}, and ${words.at(-1) ?? ''}`;
}

/** Refuses options of tools in a request without tools. */
export function checkToolOptions(body: JsonObject, toolCount: number): void {
  if (toolCount > 0) return;
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (body[name] == null || body[name] === 'none') continue;
    refuse(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name);
  }
}

/** Refuses stream options of a request that does not stream. */
export function checkStreamOptions(body: JsonObject): void {
  if (body.stream_options == null || body.stream === true) return;
  refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
}

/** Refuses a string that is longer than the vendor takes. */
export function checkLength(value: string, most: number, param: string): void {
  if (value.length <= most) return;
  refuse(
    `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${value.length} instead.`,
    param,
    'string_above_max_length',
  );
}

const TOOL_NAME = /^[a-zA-Z0-9_-]+$/;

/** Refuses an invalid tool name. */
export function checkToolName(name: string, param: string): void {
  if (!TOOL_NAME.test(name)) {
    refuse(
      `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${TOOL_NAME.source}'.`,
      param,
      'invalid_value',
    );
  }
  checkLength(name, 64, param);
}

/** Refuses an invalid function; `place` is its path in the request. */
export function checkFunction({ name, parameters, strict }: JsonObject, place: string): void {
  checkToolName(stringOf(name), `${place}.name`);
  if (!isJsonObject(parameters)) return;
  const owner: SchemaOwner = {
    what: `function '${stringOf(name)}'`,
    param: `${place}.parameters`,
    code: 'invalid_function_parameters',
  };
  checkParameters(parameters, owner);
  if (strict === true) checkStrictSchema(parameters, owner);
}
