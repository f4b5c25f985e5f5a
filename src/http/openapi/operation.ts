import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';
import { type BodyName, bodyExamples } from './bodies.js';
import { idProblems, problemResponses } from './problems.js';
import { component, integer } from './schema.js';

/** An operation in this package's short form. */
interface Call {
  id: string;
  tag: string;
  summary: string;
  description?: string;
  parameters?: JsonObject[];
  /** The name of the body's schema, and whether a body is required. */
  body?: readonly [schema: BodyName, required: boolean];
  answers: Record<string, JsonObject>;
  codes: ErrorCode[];
  /** Whether its path has an id. */
  hasId?: boolean;
}

/** Expands an operation to OpenAPI. */
export function operation({
  id,
  tag,
  summary,
  description,
  parameters,
  body,
  answers,
  codes,
  hasId,
}: Call): JsonObject {
  const requestId: JsonObject = { $ref: '#/components/parameters/X-Request-Id' };
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: [...(parameters ?? []), requestId],
    ...(body && { requestBody: { required: body[1], content: json(component(body[0]), bodyExamples[body[0]]) } }),
    responses: { ...answers, ...problemResponses(...codes), ...(hasId && idProblems()) },
  };
}

/** A JSON response, or one without a body if no schema is named. */
export function answer(description: string, schema?: string, more: JsonObject = {}): JsonObject {
  return {
    description,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
    ...(schema !== undefined && { content: json(component(schema)) }),
    ...more,
  };
}

/** @param example the value that an API explorer fills in; without one it omits the parameter */
export function query(name: string, schema: JsonObject, example?: JsonValue): JsonObject {
  return { name, in: 'query', required: false, schema, ...(example !== undefined && { example }) };
}

/** The query parameter of a list for the size of its page. */
export function limit({ max, default: usual }: { max: number; default: number }): JsonObject {
  return query('limit', integer(undefined, { minimum: 1, maximum: max, default: usual }), usual);
}

function json(schema: JsonObject, example?: JsonObject): Record<string, JsonValue> {
  return { 'application/json': { schema, ...(example && { example }) } };
}
