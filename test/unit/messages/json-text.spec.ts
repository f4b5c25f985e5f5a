import { describe, expect, it } from '@jest/globals';
import { isTooDeep, jsonOfPart, jsonProblem, MAX_JSON_DEPTH } from '../../../src/messages/json-text.js';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

// ECMA-262, 6.1.6.1: a Number is an IEEE 754 double, which keeps integers up to 2^53 exactly; RFC 8259, section 6, warns of
// those beyond.
describe('JSON text', () => {
  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    // A double that is written in fewer digits when it continues.
    '12345678901234567168',
    '123456789012345678901234567890',
    '12345678901234567.89',
    '1234567890.12345678901e10',
    '1e400',
    '-1E+400',
  ])('is refused with the number %s, which would lose digits', (number) => {
    for (const json of [number, `{"a":[1,{"id":${number}}]}`, ` { "id" : ${number} } `]) {
      expect(jsonProblem(json)).toBe(
        `its number ${number} has more digits than a JSON number keeps; give it as a string where that is allowed`,
      );
    }
  });

  it.each([
    '0',
    '-1',
    '9007199254740992',
    '-9007199254740991',
    '10000000000000000',
    '18014398509481984',
    '1e22',
    '1e300',
    '1E+2',
    '12345678901234500000',
    '123456789012345e5',
    '100000000000000000000.0',
    // Fractions have the precision of numbers, here as everywhere.
    '3.141592653589793238462643',
    '0.1',
    '1e-400',
  ])('is accepted with the number %s', (number) => {
    expect(jsonProblem(`{"a":${number}}`)).toBeUndefined();
  });

  it.each([
    '{"id":"12345678901234567890"}',
    '{"12345678901234567890":1}',
    '{"a":"\\"12345678901234567890","b":"\\\\"}',
    '{"a":"1e400 \\\\\\" 12345678901234567890"}',
  ])('keeps long digits in strings: %s', (json) => {
    expect(jsonProblem(json)).toBeUndefined();
  });

  it('may be nested 1,000 levels deep, and no deeper', () => {
    expect(jsonProblem(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(jsonProblem(nested(MAX_JSON_DEPTH + 1))).toBe('it is nested deeper than 1,000 levels');
    expect(isTooDeep(`{"a":${nested(MAX_JSON_DEPTH - 1)}}`)).toBe(false);
    expect(isTooDeep(`{"a":${nested(MAX_JSON_DEPTH)}}`)).toBe(true);
    expect(isTooDeep('[{'.repeat(5_000_000))).toBe(true);
  });

  it('does not count brackets in strings, or side by side, as depth', () => {
    expect(isTooDeep(JSON.stringify({ a: `"${nested(5_000)}\\`, b: '\\"[' }))).toBe(false);
    expect(isTooDeep(JSON.stringify(Array.from({ length: 5_000 }, () => [{}])))).toBe(false);
    expect(isTooDeep(`"${'['.repeat(5_000)}`)).toBe(false);
  });

  it('is checked in linear time', () => {
    const hostile = [
      `"${'\\'.repeat(200_000)}"`,
      '9'.repeat(200_000),
      `1${'0'.repeat(200_000)}1`,
      `12345678901234567.${'0'.repeat(200_000)}1`,
      '1.'.repeat(100_000),
      '"'.repeat(200_000),
      `${'\\"'.repeat(100_000)}1234567890123456`,
    ];
    const begin = performance.now();
    for (const json of hostile) jsonProblem(json);
    // It takes milliseconds; a look that goes back for each sign takes far longer.
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('extracts a member with its numbers as they are written', () => {
    const json = '{"a":{"id":12345678901234567890,"b":[1.50,"12345678901234567890",-1e400]},"c":9007199254740993}';
    const part = jsonOfPart(json, (whole) => (whole as { a: unknown }).a);
    expect(part).toBe('{"id":12345678901234567890,"b":[1.5,"12345678901234567890",-1e400]}');
  });
});
