import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';
import { type BodyName, bodyExamples } from './bodies.js';
import { idProblems, problemResponses } from './problems.js';
import { component } from './schema.js';

/** A call, as it is written down here. */
interface Call {
  id: string;
  tag: string;
  summary: string;
  description?: string;
  parameters?: JsonObject[];
  /** The name of the body's schema, and whether there has to be one. */
  body?: readonly [schema: BodyName, required: boolean];
  answers: Record<string, JsonObject>;
  codes: ErrorCode[];
  /** Whether there is an id in its path. */
  hasId?: boolean;
}

/** A call, as OpenAPI writes it down. */
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

/** An answer in JSON, or without a body where no schema is named. */
export function answer(description: string, schema?: string, more: JsonObject = {}): JsonObject {
  return {
    description,
    headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
    ...(schema !== undefined && { content: json(component(schema)) }),
    ...more,
  };
}

/** @param example what a page of the docs fills in; without one it leaves the parameter out */
export function query(name: string, schema: JsonObject, example?: JsonValue): JsonObject {
  return { name, in: 'query', required: false, schema, ...(example !== undefined && { example }) };
}

function json(schema: JsonObject, example?: JsonObject): Record<string, JsonValue> {
  return { 'application/json': { schema, ...(example && { example }) } };
}
