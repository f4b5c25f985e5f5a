import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ValidationError } from '../../../src/errors/request.errors.js';
import { ParamsDto } from '../../../src/http/dto/params.dto.js';
import { validationPipe } from '../../../src/http/validation.js';
import { isBase64 } from '../../../src/messages/base64.js';
import { EFFORTS } from '../../../src/messages/effort.js';
import { isTooDeep, jsonOfPart, jsonProblem, MAX_JSON_DEPTH } from '../../../src/messages/json-text.js';
import { mergeChanges, mergeParams } from '../../../src/messages/merge-params.js';
import { type ModelParams, type ParamChanges } from '../../../src/messages/model-request.interface.js';
import { checkParamChanges, checkParams } from '../../../src/messages/params.js';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { randomChanges } from './random-params.js';

const right: ModelParams[] = [
  {},
  { temperature: 0 },
  { temperature: 2 },
  { topP: 0 },
  { topP: 1 },
  { maxOutputTokens: 1 },
  { stopSequences: [] },
  { stopSequences: ['END', '\n'] },
  ...EFFORTS.map((effort) => ({ thinking: { effort } })),
  { thinking: { budgetTokens: 1_024 } },
];

const wrong: [params: unknown, key: string, quote: string][] = [
  [{ temperature: -1 }, 'temperature', '-1'],
  [{ temperature: 2.1 }, 'temperature', '2.1'],
  [{ temperature: NaN }, 'temperature', 'NaN'],
  [{ temperature: Infinity }, 'temperature', 'Infinity'],
  [{ temperature: '1' }, 'temperature', "'1'"],
  [{ topP: 5 }, 'topP', '5'],
  [{ topP: NaN }, 'topP', 'NaN'],
  [{ maxOutputTokens: 0 }, 'maxOutputTokens', '0'],
  [{ maxOutputTokens: 1.5 }, 'maxOutputTokens', '1.5'],
  [{ stopSequences: 'END' }, 'stopSequences', "'END'"],
  [{ stopSequences: [5] }, 'stopSequences', '[ 5 ]'],
  [{ stopSequences: [''] }, 'stopSequences', "[ '' ]"],
  [{ thinking: { effort: 'ultra' } }, 'thinking', "{ effort: 'ultra' }"],
  [{ thinking: { effort: '' } }, 'thinking', "{ effort: '' }"],
  [{ thinking: false }, 'thinking', 'false'],
  [{ thinking: { budgetTokens: 0.5 } }, 'thinking', '{ budgetTokens: 0.5 }'],
  [{ thinking: { budgetTokens: NaN } }, 'thinking', '{ budgetTokens: NaN }'],
  [{ thinking: { effort: 'low', budgetTokens: 2_048 } }, 'thinking', "{ effort: 'low', budgetTokens: 2048 }"],
  [{ thinking: {} }, 'thinking', '{}'],
  [{ thinking: [] }, 'thinking', '[]'],
  [{ thinking: 'high' }, 'thinking', "'high'"],
];

const overHttp = (params: unknown): Promise<unknown> =>
  validationPipe().transform(params, { type: 'body', metatype: ParamsDto });

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('Model params', () => {
  it.each(right)('accept %j, in code and over HTTP', async (params) => {
    expect(() => {
      checkParams(params);
      checkParamChanges(params);
    }).not.toThrow();
    expect(await overHttp(params)).toMatchObject(params);
  });

  it.each(wrong)('refuse %j, in code and over HTTP', async (params, key, quote) => {
    const refused = expect.objectContaining({
      name: 'ValidationError',
      code: 'validation_failed',
      message: expect.stringMatching(new RegExp(`^params\\.${key} must be .*; it is `)),
    });
    for (const check of [checkParams, checkParamChanges]) {
      const error = thrownBy(() => {
        check(params as ModelParams);
      });
      expect(error).toEqual(refused);
      expect((error as Error).message).toContain(`; it is ${quote}.`);
    }
    await expect(overHttp(params)).rejects.toBeInstanceOf(ValidationError);
  });

  it.each([{ service_tier: 'flex', stop: null }, { toolChoice: 'none' }, { toolCalls: 'one' }] as ModelParams[])(
    'accept %j only in code',
    async (params) => {
      expect(() => {
        checkParams(params);
      }).not.toThrow();
      await expect(overHttp(params)).rejects.toBeInstanceOf(ValidationError);
    },
  );

  it('are removed by null in a change', () => {
    const changes = { temperature: null, stopSequences: null, thinking: null, toolChoice: null } as ParamChanges;
    expect(() => {
      checkParamChanges(changes);
    }).not.toThrow();
    expect(() => {
      checkParams(changes as ModelParams);
    }).toThrow('params.temperature must be a number from 0 to 2; it is null.');
  });

  it.each([null, 'hot', 5, []])('must be an object, unlike %j', (params) => {
    for (const check of [checkParams, checkParamChanges]) {
      expect(() => {
        check(params as unknown as ModelParams);
      }).toThrow('params must be an object');
    }
  });
});

describe('mergeParams', () => {
  it.each<[string, before: ParamChanges, changes: ParamChanges, after: string]>([
    ['unsets a parameter that is null', { topP: 1, temperature: 1 }, { topP: null }, '{"temperature":1}'],
    ['keeps a null inside of a value', {}, { stop: { at: null, in: [null, 1] } }, '{"stop":{"at":null,"in":[null,1]}}'],
    ['keeps a null inside of what was there', { stop: { at: null } }, { topP: 1 }, '{"stop":{"at":null},"topP":1}'],
    ['replaces a value whole', { stop: { a: 1, b: 2 } }, { stop: { b: 3 } }, '{"stop":{"b":3}}'],
    ['keeps the order of keys', { z: 1, a: { z: 1, a: 2 } }, { m: 1, z: 2 }, '{"z":2,"a":{"z":1,"a":2},"m":1}'],
    ['changes nothing by undefined', { topP: 1 }, { topP: undefined, temperature: undefined }, '{"topP":1}'],
  ])('%s', (_what, before, changes, after) => {
    expect(JSON.stringify(mergeParams(before, changes))).toBe(after);
  });

  it('comes to the same with changes one after the other as with both at once', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const [before, first, second] = [1, 2, 3].map((turn) => randomChanges(seed * 3 + turn)) as [
        ParamChanges,
        ParamChanges,
        ParamChanges,
      ];
      const oneByOne = mergeParams(mergeParams(before, first), second);
      expect(mergeParams(before, mergeChanges(first, second))).toEqual(oneByOne);
    }
  });
});

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

describe('isBase64', () => {
  it.each(['YQ==', 'YWI=', 'YWJj', 'YQ', '+/+/'])('accepts %j', (text) => {
    expect(isBase64(text)).toBe(true);
  });

  it.each(['', '=', '==', 'YWJj\n', 'Y Q=', 'YQ===', 'Y=Q=', '_-8=', 'é'])('refuses %j', (text) => {
    expect(isBase64(text)).toBe(false);
  });

  // V8 compiles the patterns of a process that has compiled many in this way, which takes more of its stack.
  it('accepts 10 MB where patterns are not optimised', async () => {
    const script = `
      import { isBase64 } from '${pathToFileURL(await compiledProgram('src/messages/base64.ts')).href}';
      console.log(isBase64(Buffer.alloc(10 * 1024 * 1024, 1).toString('base64')));`;
    const args = ['--no-regexp-optimization', '--input-type=module', '--eval', script];
    expect((await promisify(execFile)(process.execPath, args, { env: childEnvironment() })).stdout).toBe('true\n');
  }, 120_000);
});
