import { type JsonObject, stringOf } from '../json.js';

const FORMATS = new Map(
  Object.entries({
    'date-time': '2000-01-01T00:00:00Z',
    date: '2000-01-01',
    time: '00:00:00Z',
    duration: 'P1D',
    email: 'a@example.com',
    hostname: 'example.com',
    uri: 'https://example.com/',
    ipv4: '192.0.2.1',
    ipv6: '2001:db8::1',
    uuid: '00000000-0000-4000-8000-000000000000',
  }),
);

/** The shortest string allowed, or the example of its format. */
export function minimalString({ format, minLength }: JsonObject): string {
  return FORMATS.get(stringOf(format)) ?? 'x'.repeat(Number(minLength ?? 0));
}

/** The number closest to 0 within the bounds; an exclusive bound is moved inwards by 1. */
export function minimalNumber(schema: JsonObject): number {
  const low = boundOf(schema.minimum, schema.exclusiveMinimum, 1) ?? -Infinity;
  const high = boundOf(schema.maximum, schema.exclusiveMaximum, -1) ?? Infinity;
  const next = Math.min(Math.max(0, low), high);
  const { multipleOf: step } = schema;
  return typeof step === 'number' ? (low > 0 ? Math.ceil(next / step) : Math.floor(next / step)) * step : next;
}

function boundOf(included: unknown, excluded: unknown, inward: number): number | undefined {
  if (typeof included === 'number') return included;
  return typeof excluded === 'number' ? excluded + inward : undefined;
}
