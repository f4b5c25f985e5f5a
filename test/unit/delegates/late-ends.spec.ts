import { describe, expect, it } from '@jest/globals';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed, recorded, spoken } from './feed.js';

const words = (text: string) => ({ type: 'output_text', text, annotations: [] });
const refusal = (text: string) => ({ type: 'refusal', refusal: text });
const message = (...content: object[]) => ({ type: 'message', role: 'assistant', status: 'completed', content });
const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'g' };
const call = { type: 'function_call', call_id: 'a', name: 'save', arguments: '{}', status: 'completed' };

const delta = (text: string, index?: number) => ({
  type: 'response.output_text.delta',
  output_index: index,
  content_index: 0,
  delta: text,
});
const textDone = (text: string) => ({ type: 'response.output_text.done', output_index: 0, content_index: 0, text });
const refusalDone = { type: 'response.refusal.done', output_index: 0, content_index: 0, refusal: 'No.' };
const added = (item: object, index: number) => ({ type: 'response.output_item.added', output_index: index, item });
const itemDone = (item: object, index = 0) => ({ type: 'response.output_item.done', output_index: index, item });
const end = (...output: object[]) => ({ type: 'response.completed', response: { output } });
const cut = (...output: object[]) => ({
  type: 'response.incomplete',
  response: { output, incomplete_details: { reason: 'max_output_tokens' } },
});

describe('Responses text', () => {
  it.each([
    ['its own end', [textDone('Hi there'), end()]],
    ['the end of its message', [itemDone(message(words('Hi'), words(' there'))), end()]],
    ['the end of the answer', [end(message(words('Hi there')))]],
    ['the end of a cut answer', [cut({ ...message(words('Hi there')), status: 'incomplete' })]],
    ['all of them', [textDone('Hi there'), itemDone(message(words('Hi there'))), end(message(words('Hi there')))]],
    ['its deltas, and all of them', [delta('Hi', 0), delta(' there', 0), ...lateEnds('Hi there')]],
    ['deltas and its end, which has more', [delta('Hi', 0), itemDone(message(words('Hi there'))), end()]],
    [
      'deltas without numbers, and the end of the answer',
      [delta('Hi there'), end(thought, message(words('Hi there')))],
    ],
    ['deltas that say it otherwise than the end', [delta('Hi there', 0), ...lateEnds('Hi  there')]],
  ])('is emitted once if it comes with %s', (_what, stream) => {
    const { events, answer, error } = feed(openaiResponsesDelegate, stream);
    expect(error).toBeUndefined();
    expect(spoken(events, 'text-delta')).toBe('Hi there');
    expect(answer.parts).toEqual([{ type: 'text', text: 'Hi there' }]);
  });

  it.each([
    ['its own end', [refusalDone, end()]],
    ['the end of its message', [itemDone(message(refusal('No.'))), end()]],
    ['the end of the answer', [end(message(refusal('No.')))]],
  ])('becomes a refusal if it comes only with %s', (_what, stream) => {
    const { answer } = feed(openaiResponsesDelegate, stream);
    expect(answer).toMatchObject({ parts: [{ type: 'text', text: 'No.' }], finishReason: 'refusal' });
  });

  it('is emitted if it is the second of two', () => {
    const { events } = feed(openaiResponsesDelegate, [
      delta('One.', 0),
      end(message(words('One.')), message(words('Two.'))),
    ]);
    expect(spoken(events, 'text-delta')).toBe('One.\n\nTwo.');
  });

  it('is never repeated, however its end event is numbered', () => {
    const { events, error } = feed(openaiResponsesDelegate, [delta('Hi', 1), end(message(words('Hi there')))]);
    expect([spoken(events, 'text-delta'), error]).toEqual(['Hi', undefined]);
  });

  it('is emitted once in the recorded stream', () => {
    for (const name of ['text', 'refusal', 'reasoning-and-tools']) {
      const stream = recorded(`openai-responses/${name}`);
      const { events } = feed(openaiResponsesDelegate, stream);
      const deltas = stream.map((data) => JSON.parse(data) as { type: string; delta?: string });
      const said = deltas.filter(({ type }) => /^response\.(?:output_text|refusal)\.delta$/.test(type));
      expect(spoken(events, 'text-delta')).toBe(said.map(({ delta: text }) => text).join(''));
    }
  });
});

describe('An unfinished Responses call', () => {
  const begun = added({ ...call, arguments: '', status: 'in_progress' }, 1);
  const piece = { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{}' };

  it.each([
    ['and does not end', [begun, piece, end()]],
    ['and ends unfinished', [begun, piece, itemDone({ ...call, status: 'incomplete' }, 1), end()]],
  ])('makes the answer fail as truncated: %s', (_what, stream) => {
    const { error, isDone, events } = feed(openaiResponsesDelegate, stream);
    expect(error).toMatchObject({
      code: 'upstream_error',
      isRetryable: true,
      message: expect.stringContaining('call'),
    });
    expect(isDone).toBe(false);
    expect(events).toEqual([]);
  });

  it.each([
    ['ends with the answer', [delta('Hi', 0), begun, piece, end(message(words('Hi')), call)], 'tool-calls'],
    ['is cut', [begun, piece, cut()], 'length'],
    ['is refused after all', [begun, piece, refusalDone, end()], 'refusal'],
  ])('is ignored without an error: %s', (_what, stream, finishReason) => {
    const { error, answer } = feed(openaiResponsesDelegate, stream);
    expect(error).toBeUndefined();
    expect(answer.finishReason).toBe(finishReason);
    expect(answer.parts.some(({ type }) => type === 'tool-call')).toBe(finishReason === 'tool-calls');
  });
});

function lateEnds(text: string): object[] {
  return [textDone(text), itemDone(message(words(text))), end(message(words(text)))];
}
