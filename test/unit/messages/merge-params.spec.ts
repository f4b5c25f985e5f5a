import { describe, expect, it } from '@jest/globals';
import { mergeChanges, mergeParams } from '../../../src/messages/merge-params.js';
import { type ParamChanges } from '../../../src/messages/model-request.interface.js';
import { randomChanges } from './random-params.js';

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
