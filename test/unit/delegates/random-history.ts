import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type Part, type ToolResultPart } from '../../../src/messages/part.interface.js';
import { generator } from '../random.js';
import { call, image, imageUrl, pdf, pdfUrl, reasoning } from './conversation.js';
import { encrypted, redacted, signed } from './thoughts.js';

const texts = ['Hello', 'One\n', ' ', '', '  two', '\n\n', 'Three.'];
const callIds = ['a', 'b', 'a_2', 'call:1', 'call/1', '', 'x'.repeat(60), 'ü'];
const toolNames = ['weather', 'weather', 'other', 'functions.weather', 'wetter für alle', '', 'y'.repeat(200)];

/** A history as unruly as a chat may become: lost, late and stray results, repeated ids, blanks, other vendors' thoughts. */
export function randomHistory(seed: number): ModelMessage[] {
  const below = generator(seed);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const many = (make: () => Part): Part[] => Array.from({ length: below(5) }, make);
  const text = (): Part => ({ type: 'text', text: pick(texts) });
  let thoughts = 0;
  const name = (): string => `${seed}x${++thoughts}`;

  const makers: (() => ModelMessage)[] = [
    () => ({ role: 'system', parts: many(text) }),
    () => ({ role: 'user', parts: many(() => pick([text(), text(), image, pdf, imageUrl, pdfUrl])) }),
    () => ({
      role: 'assistant',
      parts: many(() =>
        pick([
          text(),
          call(pick(callIds), {}, pick(toolNames)),
          call(pick(callIds), { n: below(9) }),
          signed(),
          redacted(name()),
          encrypted(name()),
          reasoning('openai-chat', { type: 'unheard of' }),
          reasoning('anthropic-messages'),
        ]),
      ),
    }),
    () => ({
      role: 'tool',
      parts: many((): ToolResultPart => ({
        type: 'tool-result',
        id: pick(callIds),
        name: pick(toolNames),
        content: pick(['', ' ', 'fine', { n: 1 }, null, 3]),
        ...(below(4) === 0 && { files: [image, pdf] }),
        isError: below(4) === 0,
      })),
    }),
  ];
  const history = Array.from({ length: below(14) }, () => pick(makers)());
  history.splice(below(history.length + 1), 0, { role: 'user', parts: [{ type: 'text', text: 'Hi' }] });
  return history;
}
