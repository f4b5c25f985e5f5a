import { type Redact, redact as redactPatterns } from '../../errors/redact.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type FinishReason } from '../../messages/message.interface.js';
import { type ModelAnswer, type ModelEvent } from '../../messages/model-request.interface.js';
import { type Part, type ToolCallPart } from '../../messages/part.interface.js';
import { AnswerBounds } from '../answer-bounds.js';
import { breakBetween } from '../../messages/text.js';
import { finishDetail } from '../finish-detail.js';
import { type StreamParser } from '../delegate.interface.js';
import {
  brokenStream,
  throwIfErrorEvent,
  missingFinish,
  parseEvent,
  textDelta,
  streamFailure,
} from '../stream-event.js';
import { isCutShort, missingCall, withdrawsCalls } from '../tool-arguments.js';
import { OpenaiUsage } from '../reported-usage.js';
import { CallAssembly } from './call-assembly.js';
import { type WireChoice, type WireChunk, type WireToolCall, type WireUsage } from './wire.interface.js';

/** Reads the stream of one answer of Chat Completions. */
export class ChatStreamParser implements StreamParser {
  isDone = false;
  private text = '';
  private hasRefused = false;
  private readonly assembly: CallAssembly;
  private calls: ToolCallPart[] = [];
  private finish: FinishReason | undefined;
  private detail: JsonObject | undefined;
  private hasBegun = false;
  private hasFailed = false;
  /** Whether an error came before anything of an answer: that costs nothing. */
  private isRefused = false;
  private readonly usage = new OpenaiUsage();

  constructor(
    private readonly redact: Redact = redactPatterns,
    private readonly bounds = new AnswerBounds(),
  ) {
    this.assembly = new CallAssembly(bounds);
  }

  /** Proxies that tell the usage on the way tell it once more at the end. */
  get isCostTold(): boolean {
    return this.isRefused || (this.usage.isTold && (this.hasFailed || this.finish !== undefined));
  }

  push(data: string, events: ModelEvent[]): void {
    if (this.isDone) return;
    if (isEnd(data)) {
      if (!this.finish) throw missingFinish();
      this.isDone = true;
      return;
    }
    const chunk = parseEvent(data) as WireChunk;
    if (chunk.usage) this.count(chunk.usage);
    if (chunk.error) {
      this.hasFailed = true;
      this.isRefused = !this.hasBegun;
      throw streamFailure(chunk.error, this.redact);
    }
    const choice = chunk.choices?.[0];
    this.hasBegun ||= choice !== undefined;
    if (choice) this.read(choice, events);
    else if (!chunk.choices) throwIfErrorEvent(chunk, this.redact);
  }

  answer(): ModelAnswer {
    const parts: Part[] = this.text === '' ? [] : [{ type: 'text', text: this.text }];
    if (this.isDone) parts.push(...this.calls);
    const detail = this.detail && { finishDetail: this.detail };
    return { parts, finishReason: this.finish ?? 'other', ...detail, usage: this.usage.total };
  }

  private count(wire: WireUsage): void {
    const { prompt_tokens_details: input, completion_tokens_details: output } = wire;
    this.usage.take({
      input: wire.prompt_tokens,
      cached: input?.cached_tokens,
      written: input?.cache_write_tokens,
      output: wire.completion_tokens,
      reasoning: output?.reasoning_tokens,
    });
  }

  private read(choice: WireChoice, events: ModelEvent[]): void {
    const { delta, finish_reason: reason } = choice;
    if (delta) {
      this.say(textDelta(delta.content), events);
      this.refuse(textDelta(delta.refusal), events);
      if (delta.tool_calls) this.addCalls(delta.tool_calls);
    }
    if (typeof reason === 'string' && !this.finish) this.end(reason, choice.content_filter_results, events);
  }

  private addCalls(pieces: unknown): void {
    if (this.finish) throw brokenStream('a tool call went on after the answer had ended');
    if (!Array.isArray(pieces)) throw brokenStream('its tool calls are not a list');
    for (const piece of pieces as (WireToolCall | null)[]) if (piece) this.assembly.add(piece);
  }

  private refuse(text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const gap = this.hasRefused ? '' : breakBetween(this.text, text);
    this.hasRefused = true;
    this.say(gap + text, events);
  }

  private say(text: string, events: ModelEvent[]): void {
    if (text === '') return;
    const said = this.bounds.within('text', text);
    this.text += said;
    if (said !== '') events.push({ type: 'text-delta', text: said });
    if (said !== text) throw this.bounds.exceeded('text');
  }

  private end(reason: string, filtered: unknown, events: ModelEvent[]): void {
    const told = this.hasRefused ? 'refusal' : finishReason(reason);
    if (told === 'content-filter') this.detail = finishDetail(filtered);
    if (!withdrawsCalls(told)) this.calls = this.assembly.finish(isCutShort(told));
    events.push(...this.calls);
    if (told === 'tool-calls' && this.calls.length === 0) throw missingCall();
    // A call that the request forced ends with "stop".
    this.finish = told === 'stop' && this.calls.length > 0 ? 'tool-calls' : told;
  }
}

/** Shorter than any chunk, with white space around it as some proxies leave it. */
function isEnd(data: string): boolean {
  return data.length < 16 && data.trim() === '[DONE]';
}

const finishReasons = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);

/** The neutral name of a `finish_reason`. */
function finishReason(reason: string): FinishReason {
  return finishReasons.get(reason) ?? 'other';
}
