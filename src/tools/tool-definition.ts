import { type JsonObject } from '../messages/json.interface.js';
import { type ToolDefinition } from '../messages/model-request.interface.js';
import { checkTool } from '../schemas/tool-check.js';

/**
 * Makes the definition of a tool that models receive.
 * @throws ConfigurationError like `checkTool`
 */
export function toolDefinition(name: string, description: string, parameters: JsonObject): ToolDefinition {
  const tool = { name, description, parameters };
  checkTool(tool);
  return tool;
}

/** `WeatherLookup` becomes `weather_lookup`, and `HTTPGet` becomes `http_get`. */
export function snakeCase(className: string): string {
  return className
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
