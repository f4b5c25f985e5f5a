import { describe, expect, it } from '@jest/globals';
import { type ModelEvent } from '../../../src/messages/model-request.interface.js';
import { ToolCallIds } from '../../../src/turn/tool-call-ids.js';
import { type ToolCallEvent } from '../../../src/turn/turn.interface.js';

const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'weather', arguments: {} });
const reset = { type: 'reset' as const, reason: 'upstream_error' as const };

/** The calls as events of a run, given one by one. */
const callEvents = (ids: ToolCallIds, events: readonly ModelEvent[]): ToolCallEvent[] =>
  events.flatMap((event) => ids.inEvents([event])).filter((event) => event.type === 'tool-call');

describe('ToolCallIds', () => {
  it('keeps distinct ids of the vendor', () => {
    const parts = [call('a'), { type: 'text' as const, text: 'and' }, call('b')];
    expect(ToolCallIds.inParts(parts)).toEqual(parts);
  });

  it('makes repeated ids of the vendor unique, in events and parts', () => {
    const calls = [call('a'), call('a'), call('a_2'), call('a')];
    const unique = ['a', 'a_2', 'a_2_2', 'a_3'];
    expect(ToolCallIds.inParts(calls)).toEqual(unique.map(call));
    expect(callEvents(new ToolCallIds(), calls).map(({ providerCallId }) => providerCallId)).toEqual(unique);
  });

  it('gives each call its own toolCallId, in the event and in the message', () => {
    const ids = new ToolCallIds();
    const calls = [call('a'), call('a')];
    const events = callEvents(ids, calls);
    expect(new Set(events.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    const parts = ToolCallIds.inParts(calls).filter((part) => part.type === 'tool-call');
    expect(parts.map((part) => ids.of(part))).toEqual(events.map(({ toolCallId }) => toolCallId));
  });

  it('gives a call without an event an id', () => {
    const ids = new ToolCallIds();
    expect(ids.of(call('a'))).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids.of(call('a'))).not.toBe(ids.of(call('b')));
  });

  it('starts over after a reset', () => {
    const ids = new ToolCallIds();
    const events = callEvents(ids, [call('a'), reset, call('a')]);
    expect(events.map(({ providerCallId }) => providerCallId)).toEqual(['a', 'a']);
    expect(ids.of(call('a'))).toBe(events[1]?.toolCallId);
  });
});
