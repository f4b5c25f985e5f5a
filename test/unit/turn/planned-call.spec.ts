import { getEventListeners } from 'node:events';
import { expect, it } from '@jest/globals';
import { bindTool } from '../../../src/tools/bind-tool.js';
import { planCall } from '../../../src/turn/planned-call.js';
import { type ToolCall } from '../../../src/turn/turn.interface.js';

it('Twenty calls that are planned at once leave the listeners of their turn under the limit of Node', async () => {
  const { signal } = new AbortController();
  const listeners: number[] = [];
  const requiresApproval = (): boolean => {
    listeners.push(getEventListeners(signal, 'abort').length);
    return false;
  };
  const options = { description: 'Says its input again', parameters: { type: 'object' }, requiresApproval } as const;
  const tool = bindTool('Echo', options, { execute: (input) => input }, (text) => text);
  const turn = {
    tools: new Map([['echo', tool]]),
    toolContext: { chat: { id: 'chat' }, ownerId: null, runId: 'run' },
    signal,
  };
  const calls = Array.from({ length: 20 }, (_none, ordinal): ToolCall => {
    const id = `call_${ordinal}`;
    return { id, ordinal, part: { type: 'tool-call', id, name: 'echo', arguments: {} } };
  });

  const planned = await Promise.all(calls.map((call) => planCall(call, turn)));
  expect(planned.map(({ plan }) => plan.type)).toEqual(calls.map(() => 'run'));
  expect(listeners).toHaveLength(20);
  expect(Math.max(...listeners)).toBeLessThanOrEqual(10);
});
