import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type Part } from '../../../src/messages/part.interface.js';
import { generator } from '../random.js';
import { call, image, pdf, reasoning } from './conversation.js';

const texts = ['Hello', 'One\n', ' ', '', '  two', '\n\n', 'Three.'];
const callIds = ['a', 'b', 'a_2', 'call:1', 'call/1', '', 'x'.repeat(60), 'ü'];

/** A history as unruly as a chat may become: lost, late and stray results, repeated ids, blanks, other vendors' thoughts. */
export function randomHistory(seed: number): ModelMessage[] {
  const below = generator(seed);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const many = (make: () => Part): Part[] => Array.from({ length: below(5) }, make);
  const text = (): Part => ({ type: 'text', text: pick(texts) });

  const makers: (() => ModelMessage)[] = [
    () => ({ role: 'system', parts: many(text) }),
    () => ({ role: 'user', parts: many(() => pick([text(), text(), image, pdf])) }),
    () => ({
      role: 'assistant',
      parts: many(() =>
        pick([
          text(),
          call(pick(callIds)),
          call(pick(callIds), { n: below(9) }),
          reasoning('anthropic-messages', { type: 'thinking', thinking: 'Hm.', signature: 'sig' }),
          reasoning('openai-responses', { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'g' }),
          reasoning('openai-chat', { type: 'unheard of' }),
          reasoning('anthropic-messages'),
        ]),
      ),
    }),
    () => ({
      role: 'tool',
      parts: many(() => ({
        type: 'tool-result',
        id: pick(callIds),
        name: pick(['weather', 'other']),
        content: pick(['', 'fine', { n: 1 }, null, 3]),
        isError: below(4) === 0,
      })),
    }),
  ];
  const history = Array.from({ length: below(14) }, () => pick(makers)());
  history.splice(below(history.length + 1), 0, { role: 'user', parts: [{ type: 'text', text: 'Hi' }] });
  return history;
}
