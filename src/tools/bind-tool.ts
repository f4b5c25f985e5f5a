import { ConfigurationError } from '../errors/request.errors.js';
import { type Redact } from '../errors/redact.js';
import { toSchema } from '../schemas/to-schema.js';
import { type BoundTool } from './bound-tool.interface.js';
import { type DuoTool } from './duo-tool.interface.js';
import { ExecutableTool } from './executable-tool.js';
import { snakeCase, toolDefinition } from './tool-definition.js';
import { type ToolOptions } from './tool.decorator.js';

const MAX_TIMEOUT_MS = 3_600_000;

/**
 * Makes a tool ready to be called.
 * @param className the default name of the tool, once in snake_case
 * @throws ConfigurationError when an option, the schema or the class is invalid
 */
export function bindTool(className: string, options: ToolOptions, instance: DuoTool, redact: Redact): BoundTool {
  const { requiresApproval = false, idempotent = false, timeout = 60_000 } = options;
  if (typeof (instance as Partial<DuoTool> | null)?.execute !== 'function') {
    throw new ConfigurationError('it has no execute(): implement DuoTool.');
  }
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > MAX_TIMEOUT_MS) {
    throw new ConfigurationError(
      `its timeout must be a whole number of milliseconds, from 1 to ${MAX_TIMEOUT_MS}; it is ${String(timeout)}.`,
    );
  }
  if (typeof requiresApproval !== 'boolean' && typeof requiresApproval !== 'function') {
    throw new ConfigurationError('its requiresApproval must be true, false or a function of the input.');
  }
  if (typeof idempotent !== 'boolean') throw new ConfigurationError('its idempotent must be true or false.');
  const schema = toSchema(options.parameters);
  return new ExecutableTool({
    definition: toolDefinition(options.name ?? snakeCase(className), options.description, schema.jsonSchema),
    schema,
    instance,
    requiresApproval,
    isIdempotent: idempotent,
    timeoutMs: timeout,
    redact,
  });
}
