import { ConfigurationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';

/**
 * What a schema is on the wire: a copy, so that nothing changes it later.
 * @throws ConfigurationError when the schema cannot be made, or is no JSON
 */
export function plainSchema(make: () => unknown): JsonObject {
  try {
    return JSON.parse(JSON.stringify(make())) as JsonObject;
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError(`The schema has no JSON Schema for the model: ${reasonOf(cause)}`, { cause });
  }
}

/** A library's message, on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500);
}
