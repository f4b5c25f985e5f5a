import { type Answer } from '../conversation/answer.js';
import { jsonDeltas, wordDeltas } from '../conversation/deltas.js';
import { type JsonObject } from '../json.js';
import { type Frame, ofCall } from '../stream/frame.js';
import { dataEvent } from '../stream/sse.js';
import { completionHead, finishReason, toolCallsOf, usageOf } from './completion.js';

/** How a request wants its stream. */
export interface CompletionStyle {
  model: string;
  /** Adds `usage: null` to every chunk, and at the end a chunk with the usage and no choices. */
  isUsageIncluded: boolean;
}

/** The chunks of a streamed completion. */
export function* streamCompletion(answer: Answer, style: CompletionStyle, words: number): Generator<Frame> {
  const head = completionHead(answer, style.model, 'chat.completion.chunk');
  const usage = style.isUsageIncluded ? { usage: null } : {};
  const chunk = (delta: JsonObject, finish: string | null = null) =>
    dataEvent({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...usage });
  const deltas = (kind: Frame['kind'], delta: (hole: string) => JsonObject, pieces: Iterable<string>) =>
    fill(kind, chunk(delta(HOLE)), pieces);

  const calls = toolCallsOf(answer);
  const isOnlyCalls = answer.text === '' && calls.length > 0;
  yield { kind: 'start', data: chunk({ role: 'assistant', content: isOnlyCalls ? null : '', refusal: null }) };
  yield* deltas('text', (content) => ({ content }), wordDeltas(answer.text, words));
  for (const [index, call] of calls.entries()) {
    const opened = { index, ...call, function: { name: call.function.name, arguments: '' } };
    yield { kind: 'tool', data: chunk({ tool_calls: [opened] }), call: index };
    const piece = (json: string) => ({ tool_calls: [{ index, function: { arguments: json } }] });
    yield* ofCall(index, deltas('tool', piece, jsonDeltas(call.function.arguments)));
  }
  yield { kind: 'other', data: chunk({}, finishReason(answer)) };
  if (style.isUsageIncluded) {
    yield { kind: 'other', data: dataEvent({ ...head, choices: [], usage: usageOf(answer.usage) }) };
  }
  yield { kind: 'stop', data: dataEvent('[DONE]') };
}

const HOLE = '\u0001hole\u0001';
const HOLE_JSON = JSON.stringify(HOLE);

/** One chunk for each piece. The rest of the chunk is rendered once and reused. */
function* fill(kind: Frame['kind'], template: string, pieces: Iterable<string>): Generator<Frame> {
  const [before = '', after = ''] = template.split(HOLE_JSON);
  for (const piece of pieces) yield { kind, data: before + JSON.stringify(piece) + after };
}
