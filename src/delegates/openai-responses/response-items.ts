import { isObject } from '../../messages/is-object.js';
import { type JsonObject, type JsonValue } from '../../messages/json.interface.js';
import { type ModelEvent } from '../../messages/model-request.interface.js';
import { type Part, type ReasoningPart, type TextPart, type ToolCallPart } from '../../messages/part.interface.js';
import { breakBetween } from '../../messages/text.js';
import { type AnswerBounds } from '../answer-bounds.js';
import { brokenStream } from '../stream-event.js';
import { missingCall, unnamedCall, wholeArguments } from '../tool-arguments.js';

/** Separates the paragraphs of a summary, which arrive without a separator. */
const PARAGRAPH = '\n\n';

/** The items of one response while they grow, by the vendor's `output_index`, which gives their order. */
export class ResponseItems {
  hasRefused = false;
  private readonly parts = new Map<number, Part>();
  private readonly phases = new Map<number, string>();
  private readonly begunCalls = new Set<number>();
  /** How many characters of the arguments of each call are counted. */
  private readonly counted = new Map<number, number>();
  private paragraph: unknown;
  private content: unknown;
  /** The piece of text that came last. */
  private lastSaid = '';

  constructor(private readonly bounds: AnswerBounds) {}

  get hasCalls(): boolean {
    for (const part of this.parts.values()) if (part.type === 'tool-call') return true;
    return false;
  }

  get sorted(): [index: number, part: Part][] {
    return [...this.parts].sort(([left], [right]) => left - right);
  }

  begin(index: number, item: JsonObject): void {
    if (item.type === 'function_call') this.begunCalls.add(index);
    this.takePhase(index, item);
  }

  /** @param content the number of the content in its message, where a message has several */
  say(index: number, content: unknown, text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const said = this.saidAt(index);
    const isNext = said !== '' && content !== this.content;
    this.content = content;
    this.sayOn(index, isNext ? breakBetween(said, text) + text : text, events);
  }

  /** Emits the text of an item that has ended, unless its deltas have already emitted it. */
  sayUnsaid(index: number, content: unknown, text: string, events: ModelEvent[]): void {
    if (this.saidAt(index) === '') this.say(index, content, text, events);
  }

  /** @param paragraph the number of the paragraph of the summary, which comes without the break before it */
  think(index: number, paragraph: unknown, text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const isNext = this.thoughtAt(index) !== '' && paragraph !== this.paragraph;
    this.paragraph = paragraph;
    this.thinkOn(index, isNext ? PARAGRAPH + text : text, events);
  }

  /** A piece of the arguments of a call, which come once more, and whole, with its end. */
  countArguments(index: number, json: string): void {
    this.bounds.add('arguments', json);
    this.counted.set(index, (this.counted.get(index) ?? 0) + json.length);
  }

  end(index: number, item: JsonObject, events: ModelEvent[]): void {
    this.takePhase(index, item);
    this.sayRest(index, item, events);
    this.thinkRest(index, item, events);
    if (item.status === 'incomplete') return;
    // Nothing is stored with the vendor: without its content, an id alone cannot be replayed.
    if (item.type === 'reasoning' && typeof item.encrypted_content === 'string') {
      const part = this.reasoningAt(index);
      if (part.raw === undefined) this.bounds.add('reasoning', item.encrypted_content);
      part.raw = item;
    }
    if (item.type === 'function_call') this.endCall(index, item);
  }

  /**
   * The whole answer comes once more with the event that ends it: items that are only there are emitted now. Some
   * servers number the events differently from these items, and nothing may be emitted twice.
   */
  endAll(output: unknown, events: ModelEvent[]): void {
    const items = toItems(output);
    if (!this.sorted.every(([index, part]) => isBeginning(part, items[index]))) {
      this.endUntoldCalls(items, events);
      return;
    }
    for (const [index, item] of items.entries())
      if (item && this.parts.get(index)?.type !== 'tool-call') this.end(index, item, events);
  }

  /** @throws UpstreamError for a call that has begun and did not end, although the answer did */
  checkCalls(): void {
    if (!this.hasRefused && this.calls.length < this.begunCalls.size) throw missingCall();
  }

  /** The calls so far, in order. */
  get calls(): ToolCallPart[] {
    return this.sorted.map(([, part]) => part).filter((part) => part.type === 'tool-call');
  }

  withdrawCalls(): void {
    for (const [index, part] of this.parts) if (part.type === 'tool-call') this.parts.delete(index);
  }

  /** Where the numbers do not tell which items are new, the ids of calls do. */
  private endUntoldCalls(items: readonly (JsonObject | null)[], events: ModelEvent[]): void {
    const told = this.calls.map(({ id }) => id);
    let place = this.sorted.at(-1)?.[0] ?? 0;
    for (const item of items) {
      if (item?.type !== 'function_call') continue;
      const at = told.findIndex((id) => id === item.call_id);
      if (at === -1) this.end((place += 1), item, events);
      else told.splice(at, 1);
    }
  }

  /** Says what is left of a whole message, should a part of it have come only with its end. */
  private sayRest(index: number, item: JsonObject, events: ModelEvent[]): void {
    const { text, isRefusal } = outputTextOf(item);
    const said = this.saidAt(index);
    if (isRefusal) this.hasRefused = true;
    if (text.startsWith(said)) this.sayOn(index, text.slice(said.length), events);
  }

  private sayOn(index: number, text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const said = this.bounds.within('text', text);
    const part = this.textAt(index);
    const gap = part.text === '' ? breakBetween(this.lastSaid, said) : '';
    if (gap !== '') events.push({ type: 'text-delta', text: gap });
    part.text += said;
    this.lastSaid = said || this.lastSaid;
    if (said !== '') events.push({ type: 'text-delta', text: said });
    if (said !== text) throw this.bounds.exceeded('text');
  }

  private thinkRest(index: number, item: JsonObject, events: ModelEvent[]): void {
    const [whole, thought] = [thoughtIn(item), this.thoughtAt(index)];
    if (whole.startsWith(thought)) this.thinkOn(index, whole.slice(thought.length), events);
  }

  private thinkOn(index: number, text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const thought = this.bounds.within('reasoning', text);
    this.reasoningAt(index).text += thought;
    if (thought !== '') events.push({ type: 'reasoning-delta', text: thought });
    if (thought !== text) throw this.bounds.exceeded('reasoning');
  }

  private endCall(index: number, { call_id: id, name, arguments: json }: JsonObject): void {
    if (this.parts.has(index)) throw brokenStream('two items have one place');
    if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name === '') throw unnamedCall();
    if (typeof json !== 'string') throw brokenStream('a tool call came without its arguments');
    this.bounds.add('arguments', id + name + json.slice(this.counted.get(index)));
    this.add(index, { type: 'tool-call', id, name, ...wholeArguments(json) });
  }

  /** Models say by it whether a message is a part of their work or the answer, and want it back. */
  private takePhase(index: number, { type, phase }: JsonObject): void {
    if (type !== 'message' || typeof phase !== 'string') return;
    this.phases.set(index, phase);
    const part = this.parts.get(index);
    if (part?.type === 'text') part.phase = phase;
  }

  private saidAt(index: number): string {
    const part = this.parts.get(index);
    return part?.type === 'text' ? part.text : '';
  }

  private thoughtAt(index: number): string {
    const part = this.parts.get(index);
    return part?.type === 'reasoning' ? part.text : '';
  }

  private textAt(index: number): TextPart {
    const part = this.parts.get(index);
    if (part?.type === 'text') return part;
    const phase = this.phases.get(index);
    return this.add(index, { type: 'text', text: '', ...(phase !== undefined && { phase }) });
  }

  private reasoningAt(index: number): ReasoningPart {
    const part = this.parts.get(index);
    return part?.type === 'reasoning'
      ? part
      : this.add(index, { type: 'reasoning', text: '', api: 'openai-responses' });
  }

  private add<P extends Part>(index: number, part: P): P {
    if (this.parts.has(index)) throw brokenStream('two items have one place');
    this.bounds.addPart();
    this.parts.set(index, part);
    return part;
  }
}

function toItems(output: unknown): (JsonObject | null)[] {
  return Array.isArray(output) ? (output as (JsonObject | null)[]) : [];
}

/** Whether a part can be the beginning of an item. */
function isBeginning(part: Part, item: JsonObject | null | undefined): boolean {
  switch (part.type) {
    case 'text':
      return outputTextOf(item).text.startsWith(part.text);
    case 'reasoning':
      return item?.type === 'reasoning';
    case 'tool-call':
      return item?.type === 'function_call' && item.call_id === part.id;
    default:
      return false;
  }
}

/** What a whole item says aloud: nothing, unless it is a message. */
function outputTextOf(item: JsonObject | null | undefined): { text: string; isRefusal: boolean } {
  const contents = item?.type === 'message' ? objectsIn(item.content) : [];
  const pieces = contents.map((content) => ({
    said: content.type === 'refusal' ? content.refusal : content.type === 'output_text' ? content.text : undefined,
    isRefusal: content.type === 'refusal',
  }));
  return {
    text: pieces.reduce(
      (text, { said }) => (typeof said === 'string' ? text + breakBetween(text, said) + said : text),
      '',
    ),
    isRefusal: pieces.some(({ isRefusal }) => isRefusal),
  };
}

/** What a whole item tells of the model's thoughts, in paragraphs: nothing, unless it is reasoning. */
function thoughtIn(item: JsonObject | null | undefined): string {
  const summaries = item?.type === 'reasoning' ? objectsIn(item.summary) : [];
  return summaries.flatMap(({ text }) => (typeof text === 'string' && text !== '' ? [text] : [])).join(PARAGRAPH);
}

function objectsIn(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
