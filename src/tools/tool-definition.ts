import { ConfigurationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { arrayWithoutItems } from '../schemas/array-items.js';
import { refusedName, topProblem } from '../schemas/object-schema.js';

/** What the vendors agree on. */
const VALID_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** What a model is told of a tool: checked, so that no request fails for it. */
export function toolDefinition(name: string, description: unknown, parameters: JsonObject): ToolDefinition {
  if (!VALID_NAME.test(name)) {
    throw new ConfigurationError(
      `its name "${name}" is none that the vendors take: set name to letters, digits, "_" and "-", at most 64.`,
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
  return { name, description, parameters };
}

/** `WeatherLookup` is `weather_lookup`, and `HTTPGet` is `http_get`. */
export function snakeCase(className: string): string {
  return className
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
