import { setTimeout as pause } from 'node:timers/promises';
import { type DuoTool, type ToolContext } from '../../tools/duo-tool.interface.js';
import { Tool } from '../../tools/tool.decorator.js';

const MAX_FROM = 60;
const STEP_MS = 500;

/** Shows a tool call with progress; it changes nothing. */
@Tool({
  description: 'Counts down to zero, and shows how far it is',
  parameters: {
    type: 'object',
    properties: { from: { type: 'integer', minimum: 1, maximum: MAX_FROM, description: 'Where to begin' } },
    required: ['from'],
    additionalProperties: false,
  },
  idempotent: true,
})
export class CountDown implements DuoTool<{ from: number }> {
  async execute({ from }: { from: number }, { emit, signal }: ToolContext): Promise<string> {
    for (let left = from; left > 0; left -= 1) {
      emit({ left });
      await pause(STEP_MS, undefined, { signal });
    }
    return `Counted down from ${from}`;
  }
}
