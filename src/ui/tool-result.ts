import { type JsonValue } from '../messages/json.interface.js';

/** Why a call failed, as a text. */
export function errorText(content: JsonValue): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}
