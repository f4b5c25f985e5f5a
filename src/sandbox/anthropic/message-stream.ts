import { type Answer } from '../conversation/answer.js';
import { jsonDeltas, wordDeltas } from '../conversation/deltas.js';
import { type JsonObject, stringOf } from '../json.js';
import { type Frame, ofCall } from '../stream/frame.js';
import { namedEvent } from '../stream/sse.js';
import { contentBlocks, messageHead, type MessageStyle, stopFields, usageOf } from './message.js';
import { anthropicQuirks } from './quirks.js';

/** The events of a streamed message. */
export function* streamMessage(answer: Answer, style: MessageStyle, words: number): Generator<Frame> {
  yield frame('start', 'message_start', { message: messageHead(answer, style, 1) });
  const blocks = contentBlocks(answer, style);
  const firstCall = blocks.length - answer.calls.length;
  for (const [index, block] of blocks.entries()) {
    const call = answer.calls[index - firstCall];
    if (call) yield* ofCall(index - firstCall, streamBlock(block, index, callDeltas(index, call.arguments)));
    else yield* streamBlock(block, index, textDeltas(block, index, words));
  }
  yield frame('other', 'message_delta', { delta: stopFields(answer), usage: usageOf(answer.usage) });
  yield frame('stop', 'message_stop', {});
}

function* streamBlock(block: JsonObject, index: number, deltas: Iterable<Frame>): Generator<Frame> {
  yield frame('other', 'content_block_start', { index, content_block: emptied(block) });
  if (index === 0) yield { kind: 'other', data: anthropicQuirks.ping };
  yield* deltas;
  yield frame('other', 'content_block_stop', { index });
}

function frame(kind: Frame['kind'], type: string, fields: JsonObject): Frame {
  return { kind, data: namedEvent(type, { type, ...fields }) };
}

/** The block as `content_block_start` carries it: without its content. */
function emptied(block: JsonObject): JsonObject {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
    case 'server_tool_use':
      return { ...block, input: {} };
    case 'text':
      return { ...block, text: '' };
    default:
      return block;
  }
}

function* textDeltas(block: JsonObject, index: number, words: number): Generator<Frame> {
  if (block.type === 'thinking') {
    yield* deltas('reasoning', index, 'thinking_delta', 'thinking', wordDeltas(stringOf(block.thinking), words));
    yield* deltas('other', index, 'signature_delta', 'signature', [stringOf(block.signature)]);
  } else if (block.type === 'text') {
    yield* deltas('text', index, 'text_delta', 'text', wordDeltas(stringOf(block.text), words));
  } else if (block.type === 'server_tool_use') {
    yield* deltas('other', index, 'input_json_delta', 'partial_json', jsonDeltas(JSON.stringify(block.input)));
  }
}

function* callDeltas(index: number, json: string): Generator<Frame> {
  yield* deltas('tool', index, 'input_json_delta', 'partial_json', ['']);
  yield* deltas('tool', index, 'input_json_delta', 'partial_json', jsonDeltas(json));
}

/** One event for each piece. The rest of the event is rendered once and reused. */
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
