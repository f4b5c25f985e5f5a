import { type Redact, redact as redactPatterns } from '../../errors/redact.js';
import { UpstreamError } from '../../errors/upstream.errors.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type FinishReason } from '../../messages/message.interface.js';
import { type ModelAnswer, type ModelEvent } from '../../messages/model-request.interface.js';
import { type Part } from '../../messages/part.interface.js';
import { AnswerBounds } from '../answer-bounds.js';
import { finishDetail } from '../finish-detail.js';
import { type StreamParser } from '../delegate.interface.js';
import { brokenStream, throwIfErrorEvent, parseEvent, textDelta, streamFailure } from '../stream-event.js';
import { withdrawsCalls } from '../tool-arguments.js';
import { OpenaiUsage } from '../reported-usage.js';
import { ResponseItems } from './response-items.js';
import { type WireEvent, type WireResponse } from './wire.interface.js';

/** Reads the stream of one answer of the Responses API. */
export class ResponsesStreamParser implements StreamParser {
  isDone = false;
  private readonly items: ResponseItems;
  private hasBegun = false;
  /** Whether an error came before anything of an answer: that costs nothing. */
  private isRefused = false;
  private finish: FinishReason = 'other';
  private detail: JsonObject | undefined;
  private readonly usage = new OpenaiUsage();

  constructor(
    private readonly redact: Redact = redactPatterns,
    bounds = new AnswerBounds(),
  ) {
    this.items = new ResponseItems(bounds);
  }

  get isCostTold(): boolean {
    return this.isRefused || this.usage.isTold;
  }

  push(data: string, events: ModelEvent[]): void {
    if (this.isDone) return;
    const { items } = this;
    const event = parseEvent(data) as WireEvent;
    switch (event.type) {
      case 'response.created':
        this.hasBegun = true;
        break;
      case 'response.output_text.delta':
        items.say(indexOf(event), event.content_index, textDelta(event.delta), events);
        break;
      case 'response.refusal.delta':
        items.hasRefused = true;
        items.say(indexOf(event), event.content_index, textDelta(event.delta), events);
        break;
      case 'response.reasoning_summary_text.delta':
        items.think(indexOf(event), event.summary_index, textDelta(event.delta), events);
        break;
      case 'response.function_call_arguments.delta':
        items.countArguments(indexOf(event), textDelta(event.delta));
        break;
      case 'response.output_text.done':
        items.sayUnsaid(indexOf(event), event.content_index, textDelta(event.text), events);
        break;
      case 'response.refusal.done':
        items.hasRefused = true;
        items.sayUnsaid(indexOf(event), event.content_index, textDelta(event.refusal), events);
        break;
      case 'response.output_item.added':
        if (event.item) items.begin(indexOf(event), event.item);
        break;
      case 'response.output_item.done':
        if (event.item) items.end(indexOf(event), event.item, events);
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        this.conclude(event.type, event.response, events);
        break;
      case 'error':
        this.fail(event.response);
        throw streamFailure(event.error ?? { code: event.code, message: event.message }, this.redact);
      default:
        if (typeof event.type !== 'string') throwIfErrorEvent(event, this.redact);
    }
  }

  answer(): ModelAnswer {
    const parts = this.items.sorted
      .map(([, part]) => ({ ...part }))
      .filter((part) => (part.type === 'tool-call' ? this.isDone : saysSomething(part)));
    const detail = this.detail && { finishDetail: this.detail };
    return { parts, finishReason: this.finish, ...detail, usage: this.usage.total };
  }

  /** Ends the answer as its status says: an event named `completed` may carry a response that is not. */
  private conclude(event: string, response: WireResponse | null | undefined, events: ModelEvent[]): void {
    const { items } = this;
    const named = event.slice('response.'.length);
    const status = statusOf(response);
    const outcome =
      named === 'completed' || (named === 'incomplete' && status !== 'completed') ? (status ?? named) : named;
    if (outcome !== 'completed' && outcome !== 'incomplete') this.fail(response);
    items.endAll(response?.output, events);
    switch (outcome) {
      case 'completed':
        items.checkCalls();
        this.end(response, items.hasCalls ? 'tool-calls' : 'stop', events);
        break;
      case 'incomplete':
        this.end(response, incompletion(response?.incomplete_details?.reason), events);
        break;
      case 'failed':
        throw streamFailure(response?.error, this.redact);
      case 'cancelled':
        throw new UpstreamError("The model's vendor cancelled the answer. Try again.", { isRetryable: true });
      default:
        throw brokenStream('it ended before it was complete');
    }
  }

  private end(response: WireResponse | null | undefined, told: FinishReason, events: ModelEvent[]): void {
    const reason = this.items.hasRefused ? 'refusal' : told;
    this.count(response);
    if (withdrawsCalls(reason)) this.items.withdrawCalls();
    for (const call of this.items.calls) events.push({ ...call });
    this.finish = reason;
    this.detail = finishDetail(response?.incomplete_details);
    this.isDone = true;
  }

  private fail(response: WireResponse | null | undefined): void {
    this.count(response);
    this.isRefused = !this.hasBegun;
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
}

function statusOf(response: WireResponse | null | undefined): string | undefined {
  return typeof response?.status === 'string' ? response.status : undefined;
}

function indexOf({ output_index: index }: WireEvent): number {
  return typeof index === 'number' ? index : 0;
}

function incompletion(reason: unknown): FinishReason {
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content-filter' : 'other';
}

function saysSomething(part: Part): boolean {
  return part.type !== 'reasoning' || part.text !== '' || part.raw !== undefined;
}
