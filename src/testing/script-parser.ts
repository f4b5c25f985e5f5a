import { type StreamParser } from '../delegates/delegate.interface.js';
import { type FinishReason, type Usage } from '../messages/message.interface.js';
import { type ModelAnswer, type ModelEvent } from '../messages/model-request.interface.js';
import { type Api, type Part, type ToolCallPart } from '../messages/part.interface.js';
import { noUsage } from '../messages/usage.js';
import { type ScriptEvent } from './script-event.js';

/** Reads the scripted model's wire. */
export class ScriptParser implements StreamParser {
  isDone = false;
  private reasoning = '';
  private text = '';
  private readonly calls: ToolCallPart[] = [];
  private finishReason: FinishReason = 'other';
  private usage: Usage | undefined;

  constructor(private readonly api: Api) {}

  get isCostTold(): boolean {
    return this.usage !== undefined;
  }

  push(data: string, events: ModelEvent[]): void {
    const event = JSON.parse(data) as ScriptEvent;
    switch (event.type) {
      case 'usage':
        this.usage = event.usage;
        return;
      case 'end':
        this.finishReason = event.finishReason;
        this.isDone = true;
        return;
      case 'reasoning-delta':
        this.reasoning += event.text;
        break;
      case 'text-delta':
        this.text += event.text;
        break;
      case 'tool-call':
        this.calls.push(event);
    }
    events.push(event);
  }

  answer(): ModelAnswer {
    const parts: Part[] = [];
    if (this.reasoning !== '') parts.push({ type: 'reasoning', text: this.reasoning, api: this.api });
    if (this.text !== '') parts.push({ type: 'text', text: this.text });
    if (this.isDone) parts.push(...this.calls);
    return { parts, finishReason: this.finishReason, usage: this.usage ?? noUsage };
  }
}
