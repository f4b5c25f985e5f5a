import { isJsonObject, type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.js';
import { refuse } from './errors.js';
import { schemasIn } from '../json-schema/schemas-in.js';
import { checkComplexity, checkGrammar } from './schema-rules.js';

export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

const MAX_STRICT_TOOLS = 20;
const PROPERTY_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const TYPES: unknown[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** Refuses tools that Anthropic would not take, and a choice of a tool that is not offered. */
export function checkTools(body: JsonObject): void {
  const names = listOf(body.tools).map(checkTool);
  checkStrictTools(body);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) refuse('tools: Tool names must be unique.');
  const choice = body.tool_choice;
  if (!isJsonObject(choice)) return;
  if (names.length === 0 && choice.type !== 'none') refuse('tool_choice: may only be specified while providing tools.');
  if (choice.type === 'tool' && !names.includes(stringOf(choice.name))) {
    refuse(`Tool '${stringOf(choice.name)}' not found in provided tools`);
  }
}

function checkTool(tool: unknown, index: number): string {
  if (!isJsonObject(tool))
    refuse(`tools.${index}: Input should be a valid dictionary or object to extract fields from`);
  const name = stringOf(tool.name);
  if (!TOOL_NAME.test(name)) {
    refuse(`tools.${index}.custom.name: String should match pattern '${TOOL_NAME.source}'`);
  }
  if (!isJsonObject(tool.input_schema)) refuse(`tools.${index}.custom.input_schema: Field required`);
  checkInput(tool.input_schema, `tools.${index}.custom.input_schema`);
  return name;
}

function checkInput(schema: JsonObject, place: string): void {
  if (schema.type !== 'object') refuse(`${place}.type: Input should be 'object'`);
  if (['oneOf', 'allOf', 'anyOf'].some((keyword) => keyword in schema)) {
    refuse(`${place}: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  }
  if (!Object.keys(objectOf(schema.properties)).every((name) => PROPERTY_NAME.test(name))) {
    refuse(`${place}.properties: Property keys should match pattern '${PROPERTY_NAME.source}'`);
  }
  for (const { schema: part } of schemasIn(schema)) {
    if (isValid(part)) continue;
    refuse(
      `${place}: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use.`,
    );
  }
}

/** Detects only the common mistakes: keyword forms of older drafts, and unknown types. */
function isValid({ type, required, exclusiveMinimum, exclusiveMaximum }: JsonObject): boolean {
  const names = listOf(required);
  const isList = required === undefined || (Array.isArray(required) && new Set(names).size === names.length);
  const areBounds = [exclusiveMinimum, exclusiveMaximum].every((bound) => typeof bound !== 'boolean');
  return isList && areBounds && (type === undefined || [type].flat().every((name) => TYPES.includes(name)));
}

function checkStrictTools({ tools, output_config: config }: JsonObject): void {
  const strict = listOf(tools).flatMap((tool, index) => {
    if (!isJsonObject(tool) || tool.strict !== true) return [];
    const schema = objectOf(tool.input_schema);
    checkGrammar(schema, `tools.${index}.custom`);
    return [schema];
  });
  if (strict.length > MAX_STRICT_TOOLS) {
    refuse(
      `Too many strict tools (${strict.length}). The maximum number of strict tools supported is ${MAX_STRICT_TOOLS}. Try reducing the number of tools marked as strict.`,
    );
  }
  checkComplexity([...strict, ...objectsOf([objectOf(objectOf(config).format).schema])]);
}
