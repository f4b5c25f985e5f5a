import { type JsonValue } from '../messages/json.interface.js';
import { sourceOf } from './source.js';

/**
 * What the piece of a request is made of that a vendor names; undefined where it names more than one piece, or none.
 * @param items the longest list of the request, to which the path begins
 * @param path in either notation: `messages.3.content.1.image.source`, in which types of blocks are steps of their own, or
 *   `input[3].content[1].image_url`
 */
export function sourceAt(items: readonly JsonValue[], path: string): object | undefined {
  const [, ...steps] = path.match(/\w+/g) ?? [];
  let place: object = items;
  let source: object | undefined;
  for (const step of steps) {
    const next: JsonValue | undefined = Object.hasOwn(place, step)
      ? (place as Record<string, JsonValue>)[step]
      : undefined;
    if (typeof next !== 'object' || next === null) {
      if (/^\d+$/.test(step)) return undefined;
      continue;
    }
    place = next;
    source = sourceOf(next) ?? source;
  }
  return source;
}
