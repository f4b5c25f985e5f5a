import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';

/** What a whole item says aloud: nothing, unless it is a message. */
export function saidIn(item: JsonObject | null | undefined): { text: string; isRefusal: boolean } {
  const contents = item?.type === 'message' && Array.isArray(item.content) ? item.content : [];
  const pieces = contents.filter(isObject).map((content) => ({
    said: content.type === 'refusal' ? content.refusal : content.type === 'output_text' ? content.text : undefined,
    isRefusal: content.type === 'refusal',
  }));
  return {
    text: pieces.map(({ said }) => (typeof said === 'string' ? said : '')).join(''),
    isRefusal: pieces.some(({ isRefusal }) => isRefusal),
  };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
