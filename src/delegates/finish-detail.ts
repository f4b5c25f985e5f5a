import { type JsonObject } from '../messages/json.interface.js';

/** More than any vendor tells, in characters of JSON. */
const MAX_DETAIL = 16_384;

/** What a vendor tells of why an answer ended, as it came; undefined where it tells nothing, or no end of things. */
export function finishDetail(told: unknown): JsonObject | undefined {
  if (typeof told !== 'object' || told === null || Array.isArray(told)) return undefined;
  const isShort = Object.keys(told).length > 0 && JSON.stringify(told).length <= MAX_DETAIL;
  return isShort ? (told as JsonObject) : undefined;
}
