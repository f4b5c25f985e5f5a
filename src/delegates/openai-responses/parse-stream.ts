import { type Redact, redact as redactPatterns } from '../../errors/redact.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type FinishReason } from '../../messages/message.interface.js';
import { type ModelAnswer, type ModelEvent } from '../../messages/model-request.interface.js';
import { type Part, type ReasoningPart, type TextPart, type ToolCallPart } from '../../messages/part.interface.js';
import { type StreamParser } from '../delegate.interface.js';
import { brokenStream, checkStray, parseEvent, pieceOf, streamFailure } from '../stream-event.js';
import { missingCall, unnamedCall, wholeArguments, withdrawsCalls } from '../tool-arguments.js';
import { OpenaiUsage } from '../usage.js';
import { textOf } from '../../messages/text.js';
import { saidIn } from './said-in.js';
import { type WireEvent, type WireResponse } from './wire.interface.js';

/** Reads the stream of one answer of the Responses API. */
export class ResponsesStreamParser implements StreamParser {
  isDone = false;
  /** The parts by the vendor's `output_index`, which gives their order. */
  private readonly items = new Map<number, Part>();
  /** The places of the calls that have begun. */
  private readonly begunCalls: number[] = [];
  private paragraph: unknown;
  private hasRefused = false;
  private finish: FinishReason = 'other';
  private hasFailed = false;
  private readonly usage = new OpenaiUsage();

  constructor(private readonly redact: Redact = redactPatterns) {}

  get isCostTold(): boolean {
    return this.hasFailed || this.usage.isTold;
  }

  push(data: string, events: ModelEvent[]): void {
    if (this.isDone) return;
    const event = parseEvent(data) as WireEvent;
    switch (event.type) {
      case 'response.output_text.delta':
        this.say(indexOf(event), pieceOf(event.delta), events);
        break;
      case 'response.refusal.delta':
        this.hasRefused = true;
        this.say(indexOf(event), pieceOf(event.delta), events);
        break;
      case 'response.reasoning_summary_text.delta':
        this.think(event, events);
        break;
      case 'response.output_text.done':
        this.sayUnsaid(indexOf(event), pieceOf(event.text), events);
        break;
      case 'response.refusal.done':
        this.hasRefused = true;
        this.sayUnsaid(indexOf(event), pieceOf(event.refusal), events);
        break;
      case 'response.output_item.added':
        if (event.item?.type === 'function_call') this.begunCalls.push(indexOf(event));
        break;
      case 'response.output_item.done':
        if (event.item) this.endItem(indexOf(event), event.item, events);
        break;
      case 'response.completed':
        this.addLateText(event.response?.output, events);
        this.addLateCalls(event.response?.output, events);
        this.end(event.response, this.completion(), events);
        break;
      case 'response.incomplete':
        this.addLateText(event.response?.output, events);
        this.end(event.response, incompletion(event.response?.incomplete_details?.reason), events);
        break;
      case 'response.failed':
        this.count(event.response);
        this.hasFailed = true;
        throw streamFailure(event.response?.error, this.redact);
      case 'error':
        this.count(event.response);
        this.hasFailed = true;
        throw streamFailure(event.error ?? { code: event.code, message: event.message }, this.redact);
      default:
        if (typeof event.type !== 'string') checkStray(event, this.redact);
    }
  }

  answer(): ModelAnswer {
    const parts = this.sorted()
      .map(([, part]) => ({ ...part }))
      .filter((part) => (part.type === 'tool-call' ? this.isDone : saysSomething(part)));
    return { parts, finishReason: this.finish, usage: this.usage.total };
  }

  private say(index: number, text: string, events: ModelEvent[]): void {
    if (text === '') return;
    this.textAt(index).text += text;
    events.push({ type: 'text-delta', text });
  }

  /** Says a text that ends, unless its deltas have said it. */
  private sayUnsaid(index: number, text: string, events: ModelEvent[]): void {
    if (this.saidAt(index) === '') this.say(index, text, events);
  }

  /** Says what is left of a whole message, should a part of it have come only with its end. */
  private sayRest(index: number, item: JsonObject | null, events: ModelEvent[]): void {
    const { text, isRefusal } = saidIn(item);
    const said = this.saidAt(index);
    if (isRefusal) this.hasRefused = true;
    if (text.startsWith(said)) this.say(index, text.slice(said.length), events);
  }

  private saidAt(index: number): string {
    const part = this.items.get(index);
    return part?.type === 'text' ? part.text : '';
  }

  private think(event: WireEvent, events: ModelEvent[]): void {
    const delta = pieceOf(event.delta);
    if (delta === '') return;
    const part = this.reasoningAt(indexOf(event));
    // A summary comes in paragraphs, numbered and without the break between them.
    const text = part.text !== '' && event.summary_index !== this.paragraph ? `\n\n${delta}` : delta;
    this.paragraph = event.summary_index;
    part.text += text;
    events.push({ type: 'reasoning-delta', text });
  }

  private endItem(index: number, item: JsonObject, events: ModelEvent[]): void {
    this.sayRest(index, item, events);
    if (item.status === 'incomplete') return;
    if (item.type === 'reasoning') {
      const part = this.reasoningAt(index);
      // Nothing is stored with the vendor: without its content, an id alone cannot be replayed.
      if (typeof item.encrypted_content === 'string') part.raw = item;
    }
    if (item.type !== 'function_call') return;
    if (this.items.has(index)) throw brokenStream('two items have one place');
    this.items.set(index, toCall(item));
  }

  /** The whole answer comes once more at its end: a text that is only there has not been said. */
  private addLateText(output: unknown, events: ModelEvent[]): void {
    const items = toItems(output);
    // Not everyone numbers the deltas like these, and nothing is to be said twice.
    const said = textOf(this.sorted().map(([, part]) => part));
    if (items.map((_item, index) => this.saidAt(index)).join('') !== said) return;
    if (!items.every((item, index) => saidIn(item).text.startsWith(this.saidAt(index)))) return;
    for (const [index, item] of items.entries()) this.sayRest(index, item, events);
  }

  /** Likewise a call. */
  private addLateCalls(output: unknown, events: ModelEvent[]): void {
    for (const [index, item] of toItems(output).entries()) {
      if (item?.type === 'function_call' && this.items.get(index)?.type !== 'tool-call')
        this.endItem(index, item, events);
    }
    if (this.hasRefused) return;
    for (const index of this.begunCalls) if (this.items.get(index)?.type !== 'tool-call') throw missingCall();
  }

  private completion(): FinishReason {
    for (const part of this.items.values()) if (part.type === 'tool-call') return 'tool-calls';
    return 'stop';
  }

  private end(response: WireResponse | null | undefined, told: FinishReason, events: ModelEvent[]): void {
    const reason = this.hasRefused ? 'refusal' : told;
    this.count(response);
    for (const [index, part] of this.sorted()) {
      if (part.type !== 'tool-call') continue;
      if (withdrawsCalls(reason)) this.items.delete(index);
      else events.push({ ...part });
    }
    this.finish = reason;
    this.isDone = true;
  }

  private count(response: WireResponse | null | undefined): void {
    const wire = response?.usage;
    if (!wire) return;
    const { input_tokens_details: input, output_tokens_details: output } = wire;
    this.usage.take({
      input: wire.input_tokens,
      cached: input?.cached_tokens,
      written: input?.cache_write_tokens,
      output: wire.output_tokens,
      reasoning: output?.reasoning_tokens,
    });
  }

  private sorted(): [index: number, part: Part][] {
    return [...this.items].sort(([left], [right]) => left - right);
  }

  private textAt(index: number): TextPart {
    const part = this.items.get(index);
    if (part?.type === 'text') return part;
    if (part) throw brokenStream('two items have one place');
    const text: TextPart = { type: 'text', text: '' };
    this.items.set(index, text);
    return text;
  }

  private reasoningAt(index: number): ReasoningPart {
    const part = this.items.get(index);
    if (part?.type === 'reasoning') return part;
    if (part) throw brokenStream('two items have one place');
    const reasoning: ReasoningPart = { type: 'reasoning', text: '', api: 'openai-responses' };
    this.items.set(index, reasoning);
    return reasoning;
  }
}

function indexOf({ output_index: index }: WireEvent): number {
  return typeof index === 'number' ? index : 0;
}

function incompletion(reason: unknown): FinishReason {
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content-filter' : 'other';
}

function toItems(output: unknown): (JsonObject | null)[] {
  return Array.isArray(output) ? (output as (JsonObject | null)[]) : [];
}

function saysSomething(part: Part): boolean {
  return part.type !== 'reasoning' || part.text !== '' || part.raw !== undefined;
}

function toCall({ call_id: id, name, arguments: json }: JsonObject): ToolCallPart {
  if (typeof id !== 'string' || typeof name !== 'string' || id === '' || name === '') throw unnamedCall();
  if (typeof json !== 'string') throw brokenStream('a tool call came without its arguments');
  return { type: 'tool-call', id, name, ...wholeArguments(json) };
}
