import { breakBetween } from '../../messages/text.js';
import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';
import { isObject } from '../../messages/is-object.js';

/** What a whole item says aloud: nothing, unless it is a message. */
export function outputTextOf(item: JsonObject | null | undefined): { text: string; isRefusal: boolean } {
  const contents = item?.type === 'message' ? objectsIn(item.content) : [];
  const pieces = contents.map((content) => ({
    said: content.type === 'refusal' ? content.refusal : content.type === 'output_text' ? content.text : undefined,
    isRefusal: content.type === 'refusal',
  }));
  return {
    text: pieces.reduce(
      (text, { said }) => (typeof said === 'string' ? text + breakBetween(text, said) + said : text),
      '',
    ),
    isRefusal: pieces.some(({ isRefusal }) => isRefusal),
  };
}

/** What a whole item tells of the model's thoughts, in paragraphs: nothing, unless it is reasoning. */
export function thoughtIn(item: JsonObject | null | undefined): string {
  const summaries = item?.type === 'reasoning' ? objectsIn(item.summary) : [];
  return summaries.flatMap(({ text }) => (typeof text === 'string' && text !== '' ? [text] : [])).join(PARAGRAPH);
}

/** What stands between the paragraphs of a summary, which come without it. */
export const PARAGRAPH = '\n\n';

function objectsIn(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
