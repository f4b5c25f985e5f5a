import { describe, expect, it } from '@jest/globals';
import { ValidationError } from '../../../src/errors/request.errors.js';
import { EFFORTS } from '../../../src/messages/effort.js';
import { type ModelParams, type ParamChanges } from '../../../src/messages/model-request.interface.js';
import { checkParamChanges, checkParams } from '../../../src/messages/params.js';
import { ParamsDto } from '../../../src/http/dto/params.dto.js';
import { validationPipe } from '../../../src/http/validation.js';

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

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
