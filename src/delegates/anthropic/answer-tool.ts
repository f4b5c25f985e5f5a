import { type JsonObject } from '../../messages/json.interface.js';
import { type ToolDefinition } from '../../messages/model-request.interface.js';
import { refusedName } from '../../schemas/object-schema.js';
import { type SentRequest } from '../delegate.interface.js';
import { claudeOutput } from '../schema-dialects.js';
import { isInDialect } from '../schema-grammar.js';
import { isForced, offeredUse } from '../tool-choice.js';

const DESCRIPTION =
  'Gives your final answer, as its input. Call it once you know the answer, and say nothing else: only its input counts.';

/** The format of the answer, where the API takes the schema for one. */
export function outputFormat({ outputSchema: schema, isSchemaRefused }: SentRequest): JsonObject | undefined {
  return schema && isSchemaRefused !== true && isInDialect(schema, claudeOutput)
    ? { type: 'json_schema', schema }
    : undefined;
}

/**
 * The tool whose input is the answer, where the API does not take the schema for a format. A model that has to call one
 * of its own tools now is not offered it: it answers later.
 */
export function answerTool(request: SentRequest): ToolDefinition | undefined {
  const { outputSchema: parameters, tools = [] } = request;
  if (!parameters || outputFormat(request) || refusedName(parameters) !== undefined || isForced(offeredUse(request)))
    return undefined;
  let name = 'answer';
  while (tools.some((tool) => tool.name === name)) name = `${name}_`;
  return { name, description: DESCRIPTION, parameters };
}

/** What asks for the answer in words, where its schema can neither be a format nor the input of a tool. */
export function answerRequest(request: SentRequest): string | undefined {
  const { outputSchema: schema } = request;
  if (!schema || outputFormat(request) || refusedName(schema) === undefined) return undefined;
  return `Give your final answer as JSON alone, without a code fence, that matches this JSON schema:\n${JSON.stringify(schema)}`;
}
