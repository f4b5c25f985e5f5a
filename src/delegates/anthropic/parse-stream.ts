import { type FinishReason } from '../../messages/message.interface.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { type ModelAnswer, type ModelEvent } from '../../messages/model-request.interface.js';
import { type StreamParser } from '../delegate.interface.js';
import { missingFinish, parseEvent, streamFailure } from '../stream-event.js';
import { isCutShort, parseArguments, wholeArguments } from '../tool-arguments.js';
import { noUsage } from '../usage.js';
import { type ContentBlock, startBlock, toPart, type ToolBlock } from './content-block.js';
import { finishReason } from './finish-reason.js';
import { mergeUsage } from './merge-usage.js';
import { type WireEvent } from './wire.interface.js';

/** Reads the stream of one answer of the Messages API. */
export class AnthropicStreamParser implements StreamParser {
  isDone = false;
  private readonly blocks = new Map<unknown, ContentBlock>();
  /** Ended calls whose input is empty or broken: only what follows tells whether they were cut. */
  private doubtful: ToolBlock[] = [];
  private finish: FinishReason | undefined;
  private readonly usage = noUsage();

  push(data: string, events: ModelEvent[]): void {
    if (this.isDone) return;
    const event = parseEvent(data) as WireEvent;
    switch (event.type) {
      case 'content_block_delta':
        this.grow(event, events);
        break;
      case 'content_block_start':
        if (event.content_block) this.start(event.index, event.content_block, events);
        break;
      case 'content_block_stop':
        this.end(this.blocks.get(event.index), events);
        break;
      case 'message_start':
        mergeUsage(this.usage, event.message?.usage);
        break;
      case 'message_delta':
        mergeUsage(this.usage, event.usage);
        if (typeof event.delta?.stop_reason === 'string') {
          this.finish = finishReason(event.delta.stop_reason);
          this.settle(isCutShort(this.finish), events);
        }
        break;
      case 'message_stop':
        if (!this.finish) throw missingFinish();
        this.isDone = true;
        break;
      case 'error':
        throw streamFailure(event.error);
    }
  }

  answer(): ModelAnswer {
    const parts = [...this.blocks.values()]
      .filter((block) => this.isDone || block.type !== 'tool_use')
      .map(toPart)
      .filter((part) => part !== undefined);
    return { parts, finishReason: this.finish ?? 'other', usage: { ...this.usage } };
  }

  private grow({ index, delta }: WireEvent, events: ModelEvent[]): void {
    const block = this.blocks.get(index);
    if (!block || !delta) return;
    switch (delta.type) {
      case 'text_delta':
        if (block.type === 'text' && typeof delta.text === 'string' && delta.text !== '') {
          block.text += delta.text;
          events.push({ type: 'text-delta', text: delta.text });
        }
        break;
      case 'thinking_delta':
        if (block.type === 'thinking' && typeof delta.thinking === 'string' && delta.thinking !== '') {
          block.text += delta.thinking;
          events.push({ type: 'reasoning-delta', text: delta.thinking });
        }
        break;
      case 'input_json_delta':
        if (block.type === 'tool_use' && typeof delta.partial_json === 'string') block.pieces.push(delta.partial_json);
        break;
      case 'signature_delta':
        if (block.type === 'thinking' && typeof delta.signature === 'string') block.signature += delta.signature;
    }
  }

  private start(index: unknown, wire: JsonObject, events: ModelEvent[]): void {
    this.settle(false, events);
    const block = startBlock(wire);
    if (!block) return;
    this.blocks.set(index, block);
    if (block.type === 'text' && block.text !== '') events.push({ type: 'text-delta', text: block.text });
    if (block.type === 'thinking' && block.text !== '') events.push({ type: 'reasoning-delta', text: block.text });
  }

  private end(block: ContentBlock | undefined, events: ModelEvent[]): void {
    if (block?.type === 'thinking') block.isComplete = true;
    if (block?.type !== 'tool_use') return;
    const json = block.pieces.join('');
    block.pieces = [json];
    const input = parseArguments(json);
    if (input) this.call(block, input, events);
    else this.doubtful.push(block);
  }

  private settle(isCut: boolean, events: ModelEvent[]): void {
    for (const block of this.doubtful.splice(0)) {
      if (!isCut) this.call(block, wholeArguments(block.name, block.pieces.join('')), events);
    }
  }

  private call(block: ToolBlock, input: JsonObject, events: ModelEvent[]): void {
    block.arguments = input;
    events.push({ type: 'tool-call', id: block.id, name: block.name, arguments: input });
  }
}
