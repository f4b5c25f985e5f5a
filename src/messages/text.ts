import { ValidationError } from '../errors/request.errors.js';
import { MAX_JSON_DEPTH } from './json-text.js';
import { type FilePart, type Part, type TextPart } from './part.interface.js';

/** A message holds what a model wrote some levels further down. */
const MAX_DEPTH = MAX_JSON_DEPTH + 10;

/** The text of a message: its text parts, in paragraphs where they would run together. */
export function textOf(parts: readonly Part[]): string {
  return parts.reduce(
    (text, part) => (part.type === 'text' ? text + breakBetween(text, part.text) + part.text : text),
    '',
  );
}

/** What keeps two texts of one message apart: a paragraph break, unless there is white space between them already. */
export function breakBetween(before: string, after: string): string {
  const isApart = before.slice(-1).trim() === '' || after.slice(0, 1).trim() === '';
  return isApart ? '' : '\n\n';
}

/**
 * What a user says, as parts: the files first, since models read a document before the question about it.
 */
export function userParts(text: string, files: readonly FilePart[] = []): Part[] {
  const said: TextPart[] = text === '' ? [] : [{ type: 'text', text }];
  return [...files, ...said];
}

/** Whether a JSON value can be stored as it is: every text, keys included, and not nested too deep. */
export function isSanitized(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isSanitized(item, depth + 1));
  const object = value as Record<string, unknown>;
  return Object.keys(object).every((key) => isSanitized(key) && isSanitized(object[key], depth + 1));
}

/** A JSON value that only we have: itself, if it can be stored, since to copy what is large takes long. */
export function sanitizeOwned<T>(value: T): T {
  return isSanitized(value) ? value : sanitizeJson(value);
}

/**
 * A JSON value whose texts, keys included, can all be stored.
 * @throws ValidationError for one that is nested too deep, or holds itself
 */
export function sanitizeJson<T>(value: T, depth?: number): T;
export function sanitizeJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return sanitizeText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) throw new ValidationError('A value is nested deeper than 1,000 levels: make it flatter.');
  if (Array.isArray(value)) return value.map((item: unknown) => sanitizeJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [sanitizeText(key), sanitizeJson(item, depth + 1)]),
  );
}

/** Text that PostgreSQL can store and JSON can carry: without NUL, lone surrogates replaced by U+FFFD. */
export function sanitizeText(text: string): string {
  const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}
