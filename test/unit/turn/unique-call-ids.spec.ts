import { describe, expect, it } from '@jest/globals';
import { UniqueCallIds } from '../../../src/turn/unique-call-ids.js';

const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'weather', arguments: {} });

describe('The ids of the calls of one message', () => {
  it('stay as they are where they differ', () => {
    const parts = [call('a'), { type: 'text' as const, text: 'and' }, call('b')];
    expect(UniqueCallIds.inParts(parts)).toEqual(parts);
  });

  it('are told apart where the vendor repeats itself, in events as in parts', () => {
    const calls = [call('a'), call('a'), call('a_2'), call('a')];
    const ids = ['a', 'a_2', 'a_2_2', 'a_3'];
    expect(UniqueCallIds.inParts(calls)).toEqual(ids.map(call));
    const inEvents = new UniqueCallIds();
    expect(calls.flatMap((one) => inEvents.inEvents([one]))).toEqual(ids.map(call));
  });

  it('begin anew with a reset', () => {
    const ids = new UniqueCallIds();
    const reset = { type: 'reset' as const, reason: 'upstream_error' as const };
    expect(ids.inEvents([call('a'), reset, call('a')])).toEqual([call('a'), reset, call('a')]);
  });
});
