import { type FilePart, type Part, type TextPart } from './part.interface.js';

/** The text of a message: its text parts, joined. */
export function textOf(parts: readonly Part[]): string {
  return parts.reduce((text, part) => (part.type === 'text' ? text + part.text : text), '');
}

/**
 * What a user says, as parts: the files first, since models read a document before the question about it.
 */
export function userParts(text: string, files: readonly FilePart[] = []): Part[] {
  const said: TextPart[] = text === '' ? [] : [{ type: 'text', text }];
  return [...files, ...said];
}

/** Whether every text of a JSON value, keys included, can be stored as it is. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorable(item));
}

/** A JSON value of which every text, keys included, can be stored. */
export function storableJson<T>(value: T): T;
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map((item: unknown) => storableJson(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), storableJson(item)]));
}

/** Text that PostgreSQL can store and JSON can carry: without NUL, lone surrogates replaced by U+FFFD. */
export function storable(text: string): string {
  const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}
