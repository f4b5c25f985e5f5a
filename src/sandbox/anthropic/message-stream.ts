import { type Answer } from '../conversation/answer.js';
import { jsonDeltas, wordDeltas } from '../conversation/deltas.js';
import { type JsonObject, stringOf } from '../json.js';
import { type Frame } from '../stream/frame.js';
import { namedEvent } from '../stream/sse.js';
import { anthropicErrors } from './errors.js';
import { contentBlocks, messageHead, type MessageStyle, stopReason, usageOf } from './message.js';

/** The events of a streamed message. */
export function* streamMessage(answer: Answer, style: MessageStyle, words: number): Generator<Frame> {
  yield frame('start', 'message_start', { message: messageHead(answer, style, 1) });
  for (const [index, block] of contentBlocks(answer, style).entries()) {
    yield frame('other', 'content_block_start', { index, content_block: emptied(block) });
    if (index === 0) yield { kind: 'other', data: anthropicErrors.ping };
    yield* blockDeltas(block, index, words);
    yield frame('other', 'content_block_stop', { index });
  }
  const delta = { stop_reason: stopReason(answer), stop_sequence: null };
  yield frame('other', 'message_delta', { delta, usage: usageOf(answer.usage) });
  yield frame('stop', 'message_stop', {});
}

function frame(kind: Frame['kind'], type: string, fields: JsonObject): Frame {
  return { kind, data: namedEvent(type, { type, ...fields }) };
}

/** The block as `content_block_start` has it. */
function emptied(block: JsonObject): JsonObject {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
      return { ...block, input: {} };
    default:
      return { ...block, text: '' };
  }
}

function* blockDeltas(block: JsonObject, index: number, words: number): Generator<Frame> {
  switch (block.type) {
    case 'thinking':
      yield* deltas('reasoning', index, 'thinking_delta', 'thinking', wordDeltas(stringOf(block.thinking), words));
      yield* deltas('other', index, 'signature_delta', 'signature', [stringOf(block.signature)]);
      break;
    case 'tool_use':
      yield* deltas('tool', index, 'input_json_delta', 'partial_json', ['']);
      yield* deltas('tool', index, 'input_json_delta', 'partial_json', jsonDeltas(JSON.stringify(block.input)));
      break;
    default:
      yield* deltas('text', index, 'text_delta', 'text', wordDeltas(stringOf(block.text), words));
  }
}

/** One event for each piece; all but the piece is the same bytes, made once. */
function* deltas(
  kind: Frame['kind'],
  index: number,
  type: string,
  field: string,
  pieces: Iterable<string>,
): Generator<Frame> {
  const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`;
  for (const piece of pieces) yield { kind, data: `${head}${JSON.stringify(piece)}}}\n\n` };
}
