import { type ModelMessage } from '../messages/message.interface.js';
import { CallIds } from './call-ids.js';
import { type HistoryFormat, type Place, type RenderedHistory } from './history-format.interface.js';
import { OpenCalls } from './open-calls.js';
import { toTranscript } from './transcript.js';
import { isTurnStart } from './turn-start.js';

const MOST_PIECES = 64;

/** The turns that a history begins with, rendered in one format. */
export class SettledTurns {
  private readonly messages: ModelMessage[] = [];
  private readonly ids = new CallIds();
  /** The calls that are rendered without a result. */
  private readonly unanswered = new Set<string>();
  private instructions: string | undefined;
  private items: Buffer[] = [];

  constructor(private readonly format: HistoryFormat) {}

  get length(): number {
    return this.messages.length;
  }

  /** Whether these turns, in this format, are what the history begins with, and end before `end`. */
  isStartOf(history: readonly ModelMessage[], end: number, format: HistoryFormat): boolean {
    return (
      this.format === format &&
      this.length <= end &&
      this.messages.every((message, index) => message === history[index]) &&
      isTurnStart(history, this.length) &&
      !this.areAnsweredBy(history, this.length)
    );
  }

  /** Whether a result in the history, from `start` on, belongs to a call that is rendered without one. */
  areAnsweredBy(history: readonly ModelMessage[], start: number): boolean {
    if (this.unanswered.size === 0) return false;
    return history
      .slice(start)
      .some(({ parts }) => parts.some((part) => part.type === 'tool-result' && this.unanswered.has(part.id)));
  }

  /** Renders the turns that come next. */
  append(turns: readonly ModelMessage[]): void {
    if (turns.length === 0) return;
    const calls = new OpenCalls(this.ids);
    const { instructions, json } = this.render(turns, calls, { isFirst: this.length === 0, isLast: false });
    this.instructions = instructions;
    this.items.push(Buffer.from(`${json},`));
    if (this.items.length > MOST_PIECES) this.items = [Buffer.concat(this.items)];
    for (const id of calls.unanswered) this.unanswered.add(id);
    for (const message of turns) this.messages.push(message);
  }

  /** The whole history, of which `rest` is what comes behind these turns. */
  renderWith(rest: readonly ModelMessage[]): RenderedHistory {
    const calls = new OpenCalls(new CallIds(this.ids));
    const { instructions, json } = this.render(rest, calls, { isFirst: this.length === 0, isLast: true });
    return { instructions, items: [...this.items, Buffer.from(json)] };
  }

  private render(
    messages: readonly ModelMessage[],
    calls: OpenCalls,
    place: Place,
  ): { instructions: string | undefined; json: string } {
    const start = { calls, instructions: this.instructions };
    const transcript = toTranscript(messages, this.format.api, start);
    const items = this.format.renderItems(transcript.messages, place);
    return { instructions: transcript.instructions, json: JSON.stringify(items).slice(1, -1) };
  }
}
