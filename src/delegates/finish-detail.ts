import { type JsonObject } from '../messages/json.interface.js';
import { isObject } from '../messages/is-object.js';

/** More than any vendor tells, in characters of JSON. */
const MAX_DETAIL = 16_384;

/** The vendor's details of why an answer ended, unchanged; undefined if there are none, or too many. */
export function finishDetail(told: unknown): JsonObject | undefined {
  if (!isObject(told)) return undefined;
  const isShort = Object.keys(told).length > 0 && JSON.stringify(told).length <= MAX_DETAIL;
  return isShort ? (told as JsonObject) : undefined;
}
