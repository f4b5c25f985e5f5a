import { type Redact, redact as redactPatterns } from '../../errors/redact.js';
import { type FinishReason, type Usage } from '../../messages/message.interface.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelAnswer, type ModelEvent } from '../../messages/model-request.interface.js';
import { AnswerBounds } from '../answer-bounds.js';
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
import { completeArguments, isCutShort, missingCall, wholeArguments, withdrawsCalls } from '../tool-arguments.js';
import { isCount, latest, withinOutput } from '../reported-usage.js';
import { breakBetween } from '../../messages/text.js';
import { noUsage } from '../../messages/usage.js';
import { type ContentBlock, startBlock, toPart, type ToolBlock } from './content-block.js';
import { type WireEvent, type WireUsage } from './wire.interface.js';

/** Reads the stream of one answer of the Messages API. */
export class AnthropicStreamParser implements StreamParser {
  isDone = false;
  isCostTold = false;
  private hasBegun = false;
  /** In the order in which they began. */
  private readonly blocks = new Map<unknown, ContentBlock>();
  private readonly open = new Set<unknown>();
  /** Ended calls whose input is empty or broken: only what follows tells whether they were cut. */
  private doubtful: ToolBlock[] = [];
  private finish: FinishReason | undefined;
  /** The piece of text that came last. */
  private lastSaid = '';
  private detail: JsonObject | undefined;
  private readonly usage = { ...noUsage };

  /** @param answerTool the name of the tool whose input is the answer, where there is one */
  constructor(
    private readonly redact: Redact = redactPatterns,
    private readonly answerTool?: string,
    private readonly bounds = new AnswerBounds(),
  ) {}

  push(data: string, events: ModelEvent[]): void {
    if (this.isDone) return;
    const event = parseEvent(data) as WireEvent;
    switch (event.type) {
      case 'content_block_delta':
        this.grow(event, events);
        break;
      case 'content_block_start':
        if (event.content_block) this.start(event.index, event.content_block, data, events);
        break;
      case 'content_block_stop':
        this.end(event.index, events);
        break;
      case 'message_start':
        this.hasBegun = true;
        mergeUsage(this.usage, event.message?.usage);
        break;
      case 'message_delta':
        mergeUsage(this.usage, event.usage);
        if (isCount(event.usage?.output_tokens)) this.isCostTold = true;
        if (typeof event.delta?.stop_reason === 'string') this.finish = finishReason(event.delta.stop_reason);
        this.detail = finishDetail(event.delta?.stop_details) ?? this.detail;
        break;
      case 'message_stop':
        if (!this.finish) throw missingFinish();
        this.endCalls(this.finish, events);
        this.isDone = true;
        break;
      case 'error':
        // A refusal costs nothing. No vendor says what an answer costs that had begun.
        this.isCostTold ||= !this.hasBegun;
        throw streamFailure(event.error, this.redact);
      default:
        if (typeof event.type !== 'string') throwIfErrorEvent(event, this.redact);
    }
  }

  answer(): ModelAnswer {
    const parts = [...this.blocks.values()]
      .filter((block) => this.isDone || block.type !== 'tool_use')
      .map(toPart)
      .filter((part) => part !== undefined);
    const detail = this.detail && { finishDetail: this.detail };
    return { parts, finishReason: this.finishReason, ...detail, usage: withinOutput(this.usage) };
  }

  /** An answer that is given as the input of a tool waits for no result. */
  private get finishReason(): FinishReason {
    const isTold = this.finish === 'tool-calls' && this.has('answer') && !this.has('tool_use');
    return isTold ? 'stop' : (this.finish ?? 'other');
  }

  private has(type: ContentBlock['type']): boolean {
    return [...this.blocks.values()].some((block) => block.type === type);
  }

  private grow({ index, delta }: WireEvent, events: ModelEvent[]): void {
    const vendorBlock = this.blocks.get(index);
    if (vendorBlock?.type === 'vendor') {
      if (delta?.type !== 'input_json_delta') vendorBlock.isWhole = false;
      else this.addPiece(vendorBlock.pieces, textDelta(delta.partial_json));
      return;
    }
    switch (delta?.type) {
      case 'text_delta':
        this.say(index, 'text', textDelta(delta.text), events);
        break;
      case 'thinking_delta':
        this.think(index, textDelta(delta.thinking), events);
        break;
      case 'signature_delta': {
        const block = this.openBlock(index, 'thinking');
        const piece = textDelta(delta.signature);
        this.bounds.add('reasoning', piece);
        block.signature += piece;
        break;
      }
      case 'input_json_delta':
        if (this.blocks.get(index)?.type === 'answer') this.say(index, 'answer', textDelta(delta.partial_json), events);
        else this.addInput(index, textDelta(delta.partial_json));
    }
  }

  private say(index: unknown, type: 'text' | 'answer', text: string, events: ModelEvent[]): void {
    const block = text === '' ? undefined : this.openBlock(index, type);
    if (!block) return;
    const said = this.bounds.within('text', text);
    const gap = block.text === '' ? breakBetween(this.lastSaid, said) : '';
    if (gap !== '') events.push({ type: 'text-delta', text: gap });
    block.text += said;
    this.lastSaid = said || this.lastSaid;
    if (said !== '') events.push({ type: 'text-delta', text: said });
    if (said !== text) throw this.bounds.exceeded('text');
  }

  private think(index: unknown, text: string, events: ModelEvent[]): void {
    const block = text === '' ? undefined : this.openBlock(index, 'thinking');
    if (!block) return;
    const thought = this.bounds.within('reasoning', text);
    block.text += thought;
    if (thought !== '') events.push({ type: 'reasoning-delta', text: thought });
    if (thought !== text) throw this.bounds.exceeded('reasoning');
  }

  private addInput(index: unknown, piece: string): void {
    this.addPiece(this.openBlock(index, 'tool_use').pieces, piece);
  }

  private addPiece(pieces: string[], piece: string): void {
    if (piece === '') return;
    this.bounds.add('arguments', piece);
    pieces.push(piece);
  }

  private start(index: unknown, wire: JsonObject, data: string, events: ModelEvent[]): void {
    if (this.blocks.has(index)) throw brokenStream('a block began twice');
    this.settle();
    this.bounds.addPart();
    const block = startBlock(wire, this.answerTool, data);
    this.blocks.set(index, block);
    this.open.add(index);
    if (block.type === 'text') this.say(index, 'text', textDelta(wire.text), events);
    if (block.type === 'thinking') this.think(index, textDelta(wire.thinking), events);
    if (block.type === 'thinking' || block.type === 'redacted_thinking')
      this.bounds.add('reasoning', JSON.stringify({ ...wire, thinking: '' }));
    if (block.type === 'tool_use') this.bounds.add('arguments', block.id + block.name + block.initial);
    if (block.type === 'vendor') this.bounds.add('arguments', JSON.stringify(wire));
  }

  private end(index: unknown, events: ModelEvent[]): void {
    const block = this.blocks.get(index);
    // No input at all is an empty object.
    if (block?.type === 'answer' && block.text === '') this.say(index, 'answer', block.initial || '{}', events);
    if (!this.open.delete(index)) throw brokenStream('a block ended that was not open');
    if (block?.type === 'thinking') block.isComplete = true;
    if (block?.type === 'vendor') block.isWhole ??= true;
    if (block?.type !== 'tool_use') return;
    const json = block.pieces.join('') || block.initial;
    block.pieces = [json];
    block.given = completeArguments(json);
    if (!block.given) this.doubtful.push(block);
  }

  /** The block that a piece belongs to. */
  private openBlock<Type extends ContentBlock['type']>(
    index: unknown,
    type: Type,
  ): Extract<ContentBlock, { type: Type }> {
    const block = this.blocks.get(index);
    if (block?.type !== type || !this.open.has(index)) throw brokenStream(`a piece came for no open ${type} block`);
    return block as Extract<ContentBlock, { type: Type }>;
  }

  /** Settles which calls the answer has, and tells them. */
  private endCalls(finish: FinishReason, events: ModelEvent[]): void {
    const calls = [...this.blocks.values()].filter((block) => block.type === 'tool_use');
    if (withdrawsCalls(finish)) for (const call of calls) call.given = undefined;
    if (!isCutShort(finish)) {
      this.settle();
      // An answer that came to its end has no open call, and at least one where it waits for results.
      if (calls.some((call) => !call.given)) throw missingCall();
      if (finish === 'tool-calls' && calls.length === 0 && !this.has('answer')) throw missingCall();
    }
    for (const { id, name, given } of calls) if (given) events.push({ type: 'tool-call', id, name, ...given });
  }

  /** A block that another block follows is complete. */
  private settle(): void {
    for (const block of this.doubtful.splice(0)) block.given = wholeArguments(block.pieces.join(''));
  }
}

const finishReasons = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause'],
  ['model_context_window_exceeded', 'context-window'],
]);

/** The neutral name of a `stop_reason`. */
function finishReason(stopReason: string): FinishReason {
  return finishReasons.get(stopReason) ?? 'other';
}

/** Merges the counts of an event. They are cumulative; an event may omit some, or report them as 0. */
function mergeUsage(usage: Usage, wire: WireUsage | null | undefined): void {
  if (!wire) return;
  usage.inputTokens = latest(wire.input_tokens, usage.inputTokens);
  usage.outputTokens = latest(wire.output_tokens, usage.outputTokens);
  usage.reasoningTokens = latest(wire.output_tokens_details?.thinking_tokens, usage.reasoningTokens);
  usage.cacheReadTokens = latest(wire.cache_read_input_tokens, usage.cacheReadTokens);
  usage.cacheWriteTokens = latest(wire.cache_creation_input_tokens, usage.cacheWriteTokens);
}
