import { ConfigurationError } from '../errors/request.errors.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { arrayWithoutItems } from './array-items.js';
import { fromJsonSchema } from './json-schema.js';
import { refusedName, topProblem } from './object-schema.js';

/** What the vendors agree on. */
const VALID_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

// The same tools are offered with request after request.
const checked = new WeakSet<ToolDefinition>();

/**
 * Checks the definition of a tool whose parameters are known to be JSON Schema, so that no request fails because of it.
 * @throws ConfigurationError that says what to do, in words that follow the tool's name
 */
export function checkTool(tool: ToolDefinition): void {
  const { parameters } = tool;
  const { name, description }: Record<'name' | 'description', unknown> = tool;
  if (typeof name !== 'string' || !VALID_NAME.test(name)) {
    throw new ConfigurationError(
      `its name "${String(name)}" is not one that the vendors take: set name to letters, digits, "_" and "-", at most 64.`,
    );
  }
  if (typeof description !== 'string' || description.trim() === '') {
    throw new ConfigurationError('it has no description: tell the model what it does, and when to call it.');
  }
  const found = topProblem(parameters);
  if (found !== undefined) {
    throw new ConfigurationError(
      `its parameters must be the schema of one object, and have ${found} at their top, which Claude and GPT refuse: put that into a property of an object.`,
    );
  }
  const property = refusedName(parameters);
  if (property !== undefined) {
    throw new ConfigurationError(
      `its parameters have the property ${JSON.stringify(property)}, whose name Claude refuses: use letters, digits, "_", "." and "-", at most 64.`,
    );
  }
  const array = arrayWithoutItems(parameters);
  if (array !== undefined) {
    throw new ConfigurationError(
      `its parameters have an array at "${array}" that does not say what its items are, which OpenAI refuses: add items, {} for anything.`,
    );
  }
  checked.add(tool);
}

/**
 * Checks a tool that the host's code has made itself, and that is not to be changed any more.
 * @throws ConfigurationError like `checkTool`, and for parameters that are not JSON Schema
 */
export function checkGivenTool(tool: ToolDefinition): void {
  if (checked.has(tool)) return;
  fromJsonSchema(tool.parameters);
  checkTool(tool);
}
