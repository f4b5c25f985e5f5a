import { type Answer } from '../conversation/answer.js';
import { jsonDeltas, wordDeltas } from '../conversation/deltas.js';
import { type JsonObject, objectsOf, stringOf } from '../json.js';
import { type Frame, ofCall } from '../stream/frame.js';
import { namedEvent } from '../stream/sse.js';
import {
  incompleteReason,
  outputItems,
  renderResponse,
  responseHead,
  type ResponseStyle,
  textPart,
} from './response.js';

/** The events of a streamed response. */
export function streamResponse(answer: Answer, style: ResponseStyle, words: number): Generator<Frame> {
  return new ResponseEvents(words).response(answer, style);
}

/** Numbers the events of one response. */
class ResponseEvents {
  private next = 0;

  constructor(private readonly words: number) {}

  *response(answer: Answer, style: ResponseStyle): Generator<Frame> {
    const head = responseHead(answer, style);
    yield this.event('start', 'response.created', { response: head });
    yield this.event('start', 'response.in_progress', { response: head });
    const items = outputItems(answer, style);
    const firstCall = items.length - answer.calls.length;
    for (const [index, item] of items.entries()) {
      if (index < firstCall) yield* this.item(item, index);
      else yield* ofCall(index - firstCall, this.item(item, index));
    }
    const end = incompleteReason(answer) === undefined ? 'response.completed' : 'response.incomplete';
    yield this.event('stop', end, { response: renderResponse(answer, style) });
  }

  private *item(item: JsonObject, index: number): Generator<Frame> {
    yield this.event('other', 'response.output_item.added', { output_index: index, item: begun(item) });
    const place = { item_id: item.id, output_index: index };
    switch (item.type) {
      case 'reasoning':
        for (const [at, part] of objectsOf(item.summary).entries())
          yield* this.summary(part, { ...place, summary_index: at });
        break;
      case 'function_call':
        yield* this.arguments(stringOf(item.arguments), stringOf(item.name), place);
        break;
      default:
        for (const [at, part] of objectsOf(item.content).entries())
          yield* this.text(part, { ...place, content_index: at });
    }
    yield this.event('other', 'response.output_item.done', { output_index: index, item });
  }

  private *summary(part: JsonObject, place: JsonObject): Generator<Frame> {
    const text = stringOf(part.text);
    yield this.event('other', 'response.reasoning_summary_part.added', { ...place, part: { ...part, text: '' } });
    yield* this.deltas('reasoning', 'response.reasoning_summary_text.delta', place, wordDeltas(text, this.words));
    yield this.event('other', 'response.reasoning_summary_text.done', { ...place, text });
    yield this.event('other', 'response.reasoning_summary_part.done', { ...place, part });
  }

  private *text(part: JsonObject, place: JsonObject): Generator<Frame> {
    const text = stringOf(part.text);
    yield this.event('other', 'response.content_part.added', { ...place, part: textPart('') });
    const deltaPlace = { ...place, logprobs: [] };
    yield* this.deltas('text', 'response.output_text.delta', deltaPlace, wordDeltas(text, this.words));
    yield this.event('other', 'response.output_text.done', { ...place, text, logprobs: [] });
    yield this.event('other', 'response.content_part.done', { ...place, part });
  }

  private *arguments(json: string, name: string, place: JsonObject): Generator<Frame> {
    yield* this.deltas('tool', 'response.function_call_arguments.delta', place, jsonDeltas(json));
    yield this.event('other', 'response.function_call_arguments.done', { ...place, name, arguments: json });
  }

  private event(kind: Frame['kind'], type: string, fields: JsonObject): Frame {
    return { kind, data: namedEvent(type, { type, ...fields, sequence_number: this.next++ }) };
  }

  /** One event for each piece. The rest of the event, except its number, is rendered once and reused. */
  private *deltas(kind: Frame['kind'], type: string, place: JsonObject, pieces: Iterable<string>): Generator<Frame> {
    const fields = JSON.stringify({ type, ...place }).slice(0, -1);
    const head = `event: ${type}\ndata: ${fields},"delta":`;
    for (const piece of pieces) {
      yield { kind, data: `${head}${JSON.stringify(piece)},"sequence_number":${this.next++}}\n\n` };
    }
  }
}

/** The item as `response.output_item.added` carries it: without its content. */
function begun(item: JsonObject): JsonObject {
  switch (item.type) {
    case 'reasoning':
      return { ...item, summary: [] };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
    default:
      return { ...item, status: 'in_progress', content: [] };
  }
}
