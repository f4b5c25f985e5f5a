import { redact } from '../errors/redact.js';
import { sanitizeText } from '../messages/text.js';
import { type Issue } from './standard-schema.interface.js';

const MAX_ISSUES = 5;
const MAX_PATH_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 200;
const MIN_QUOTE_LENGTH = 4;
const MAX_QUOTES = 100;

/** Describes what is wrong with a value: the place and what was expected, without quoting the value. */
export function describeIssues(issues: readonly Issue[], value: unknown): string {
  const said = issues.slice(0, MAX_ISSUES).map((issue) => describe(issue, value));
  const more = issues.length - said.length;
  return [...new Set(said), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function describe(issue: Issue, value: unknown): string {
  const keys = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const place = pathOf(keys);
  const told = sanitizeText(redact(withoutQuotes(issue.message, valueAt(keys, value)))).replaceAll(/\s+/g, ' ');
  const message = shortened(told, MAX_MESSAGE_LENGTH);
  return place === '' || message.startsWith(place) ? message : `${shortened(place, MAX_PATH_LENGTH)}: ${message}`;
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number' || /^\d+$/.test(String(key))) return `${path}[${String(key)}]`;
    return path === '' ? redact(sanitizeText(String(key))) : `${path}.${redact(sanitizeText(String(key)))}`;
  }, '');
}

/** The value at a path, through own properties only; undefined if it is absent. */
export function valueAt(keys: readonly PropertyKey[], value: unknown): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** Some libraries quote what they got. */
function withoutQuotes(message: string, value: unknown): string {
  const quotes = new Set<string>();
  collectTexts(value, quotes);
  const longestFirst = [...quotes].sort((left, right) => right.length - left.length);
  return longestFirst.reduce(
    (text, quote) => text.replaceAll(JSON.stringify(quote).slice(1, -1), '…').replaceAll(quote, '…'),
    message,
  );
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (texts.size >= MAX_QUOTES) return;
  if (typeof value === 'string' && value.length >= MIN_QUOTE_LENGTH) texts.add(value);
  if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) collectTexts(item, texts);
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
