import { isJsonObject, type JsonObject, listOf, stringOf } from '../json.js';
import { refuse } from './errors.js';

/** What a tool may be called. */
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Refuses tools that Anthropic would not take, and a choice of a tool that is not offered. */
export function checkTools(body: JsonObject): void {
  const names = listOf(body.tools).map(checkTool);
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
  if (tool.input_schema.type !== 'object') refuse(`tools.${index}.custom.input_schema.type: Input should be 'object'`);
  return name;
}
