import { type ModelEvent } from '../messages/model-request.interface.js';
import { type ToolCallPart } from '../messages/part.interface.js';
import { StopTexts } from './stop-texts.js';

/** A piece of an answer, as a client receives it. */
export type Spoken = { type: 'text' | 'reasoning'; text: string } | { type: 'call'; index: number; call: ToolCallPart };

/** An answer as a client receives it: up to the first stop text, and without what was taken back. */
export class SpokenAnswer {
  text = '';
  readonly calls: ToolCallPart[] = [];
  private stopTexts: StopTexts;

  constructor(private readonly stops: readonly string[]) {
    this.stopTexts = new StopTexts(stops);
  }

  get isStopped(): boolean {
    return this.stopTexts.isStopped;
  }

  /** Whether it says what a retry could not take back from a reader; reasoning may come twice. */
  get hasSpoken(): boolean {
    return this.text !== '' || this.calls.length > 0;
  }

  /** What the events add to it. */
  push(events: readonly ModelEvent[]): Spoken[] {
    const spoken: Spoken[] = [];
    for (const event of events) {
      if (this.isStopped) break;
      if (event.type === 'reset') this.clear();
      else if (event.type === 'text-delta') this.say(this.stopTexts.push(event.text), spoken);
      else if (event.type === 'reasoning-delta') spoken.push({ type: 'reasoning', text: event.text });
      else if (event.type === 'tool-call') {
        this.say(this.stopTexts.flush(), spoken);
        spoken.push({ type: 'call', index: this.calls.length, call: event });
        this.calls.push(event);
      }
    }
    return spoken;
  }

  /** What is left to tell at the end. */
  end(): Spoken[] {
    const spoken: Spoken[] = [];
    this.say(this.stopTexts.flush(), spoken);
    return spoken;
  }

  /** Adds a text of ours. */
  add(text: string): Spoken[] {
    const spoken: Spoken[] = [];
    this.say(text, spoken);
    return spoken;
  }

  private say(text: string, spoken: Spoken[]): void {
    if (text === '') return;
    this.text += text;
    spoken.push({ type: 'text', text });
  }

  private clear(): void {
    this.text = '';
    this.calls.length = 0;
    this.stopTexts = new StopTexts(this.stops);
  }
}
