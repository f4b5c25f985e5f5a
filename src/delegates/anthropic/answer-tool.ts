import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelRequest, type ToolDefinition } from '../../messages/model-request.interface.js';
import { isInGrammar, type SchemaGrammar } from '../schema-grammar.js';
import { isForced, offeredUse } from '../tool-choice.js';

/** The schemas that `output_config.format` takes, which all models of the catalogue know. */
const outputGrammar: SchemaGrammar = { keywords: ['default'], isComplete: false, isRecursive: false };

const description =
  'Gives your final answer, as its input. Call it once you know the answer, and say nothing besides: only its input counts.';

/** The format of the answer, where the API takes the schema for one. */
export function outputFormat({ outputSchema: schema }: ModelRequest): JsonObject | undefined {
  return schema && isInGrammar(schema, outputGrammar) ? { type: 'json_schema', schema } : undefined;
}

/**
 * The tool whose input is the answer, where the API does not take the schema for a format. A model that has to call one
 * of its own tools now is not offered it: it answers later.
 */
export function answerTool(request: ModelRequest): ToolDefinition | undefined {
  const { outputSchema: parameters, tools = [] } = request;
  if (!parameters || outputFormat(request) || isForced(offeredUse(request))) return undefined;
  let name = 'answer';
  while (tools.some((tool) => tool.name === name)) name = `${name}_`;
  return { name, description, parameters };
}
