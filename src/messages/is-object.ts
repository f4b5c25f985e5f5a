import { type JsonObject, type JsonValue } from './json.interface.js';

/** Whether a value is an object with keys: neither `null` nor a list. */
export function isObject(value: unknown): value is Record<string, unknown>;
export function isObject(value: JsonValue | undefined): value is JsonObject;
export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
