import { type JsonValue } from '../../../src/messages/json.interface.js';
import { type ParamChanges } from '../../../src/messages/model-request.interface.js';
import { generator } from '../random.js';

const KEYS = ['topP', 'temperature', 'a', 'z', 'Z', 'ä', '__proto__', 'constructor', 'with "quotes"', '🙂', ''];

/** Changes of parameters, of few keys, so that most of them meet; the same seed makes the same. */
export function randomChanges(seed: number): ParamChanges {
  const below = generator(seed);
  const entries = Array.from({ length: below(6) }, (): [string, JsonValue] => [
    KEYS[below(KEYS.length)] ?? '',
    value(2),
  ]);
  return Object.fromEntries(entries);

  function value(depth: number): JsonValue {
    const simple: JsonValue[] = [null, null, true, below(1_000) / 7, 1e21, -0.5, 'text\n\\ "', '', [], {}];
    const kind = below(depth > 0 ? simple.length + 2 : simple.length);
    if (kind < simple.length) return simple[kind] ?? null;
    const items = Array.from({ length: below(4) }, () => value(depth - 1));
    if (kind === simple.length) return items;
    return Object.fromEntries(items.map((item) => [KEYS[below(KEYS.length)] ?? '', item]));
  }
}
