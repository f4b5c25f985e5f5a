import { type JsonValue } from '../messages/json.interface.js';
import { sanitizeText } from '../messages/text.js';

/** The longest result that reaches the model, in characters of JSON text. */
export const MAX_CONTENT = 256 * 1024;

const MAX_DEPTH = 200;

/**
 * Turns the result of a tool into JSON that can be stored, cut at `MAX_CONTENT`. Unlike `JSON.stringify` it never throws
 * and keeps more: a bigint becomes text, a Map an object, a Set a list, an Error its message. Circular references and
 * binary data become a note. `undefined` becomes "done".
 */
export function toolContent(value: unknown): JsonValue {
  const plain = new PlainJson().of(value);
  if (plain === undefined) return 'done';
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain);
  if (text.length <= MAX_CONTENT) return plain;
  const start = text.slice(0, MAX_CONTENT).toWellFormed();
  return `${start}\n[The result was cut here, after its first ${MAX_CONTENT} characters. Ask for less at once to see the rest.]`;
}

/** Copies a value to JSON; stops once the copy is longer than `MAX_CONTENT`. */
class PlainJson {
  /** The objects that contain the current one. */
  private readonly around = new Set<object>();
  private room = MAX_CONTENT + 1;

  /** Returns undefined for a value that JSON leaves out. */
  of(value: unknown): JsonValue | undefined {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        this.room -= 1;
        return Number.isFinite(value) ? value : null;
      case 'boolean':
        this.room -= 1;
        return value;
      case 'bigint':
        return this.text(String(value));
      case 'object':
        return value === null ? null : this.object(value);
      default:
        return undefined;
    }
  }

  private text(text: string): string {
    const kept = sanitizeText(text).slice(0, Math.max(0, this.room));
    this.room -= kept.length + 2;
    return kept;
  }

  private object(value: object): JsonValue | undefined {
    if (this.around.has(value)) return '[the same object again]';
    if (this.around.size >= MAX_DEPTH) return '[too deep]';
    this.around.add(value);
    try {
      return this.copy(value);
    } finally {
      this.around.delete(value);
    }
  }

  private copy(value: object): JsonValue | undefined {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes of binary data]`;
    if (value instanceof Error) return this.text(`${value.name}: ${value.message}`);
    if ('toJSON' in value && typeof value.toJSON === 'function')
      return this.of((value as { toJSON(): unknown }).toJSON());
    if (Array.isArray(value) || value instanceof Set) return this.list(value as Iterable<unknown>);
    const entries = value instanceof Map ? (value as Map<unknown, unknown>).entries() : Object.entries(value);
    return this.fields(entries);
  }

  private list(items: Iterable<unknown>): JsonValue[] {
    const copies: JsonValue[] = [];
    for (const item of items) {
      if (this.room <= 0) break;
      this.room -= 1;
      copies.push(this.of(item) ?? null);
    }
    return copies;
  }

  private fields(entries: Iterable<[unknown, unknown]>): JsonValue {
    const copies: [string, JsonValue][] = [];
    for (const [key, item] of entries) {
      if (this.room <= 0) break;
      const { room } = this;
      // The name comes first: the value may take all the room that is left.
      const name = this.text(String(key));
      const copy = this.of(item);
      if (copy === undefined) this.room = room;
      else copies.push([name, copy]);
    }
    return Object.fromEntries(copies);
  }
}
