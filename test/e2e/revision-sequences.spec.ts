import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { Chat, GitlabDuoError } from '../../src/index.js';
import { casesOf } from '../unit/random.js';
import { testTool } from './support/test-tool.js';
import { useTestHost } from './support/use-test-host.js';

jest.setTimeout(120_000);

type Said = { id: string; role: string };
type Operation = {
  type: 'ask' | 'call' | 'regenerate' | 'edit' | 'delete' | 'instruct';
  choice: number;
  model: string;
};

const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'];
/** What a choice of a message of the wrong role, or of none, is refused with. */
const REFUSALS = ['wrong_message_role', 'validation_failed'];

const operation: fc.Arbitrary<Operation> = fc.record({
  type: fc.constantFrom('ask', 'call', 'regenerate', 'edit', 'delete', 'instruct'),
  choice: fc.nat(20),
  model: fc.constantFrom(...MODELS),
});
const look = testTool('look', () => 'Rain');

describe.each(['in the database', 'in memory'])('Asks, edits, new answers and deletions %s', (place) => {
  const host = useTestHost([Chat], { tools: [look] });

  async function perform(chat: BaseChat<unknown>, messages: readonly Said[], { type, choice, model }: Operation) {
    const chosen = messages[choice % Math.max(1, messages.length)]?.id;
    if (type === 'ask') await chat.ask(`Question ${choice}`, { model });
    else if (type === 'call') await chat.ask('call look {}', { model });
    else if (type === 'instruct') await chat.addMessage({ role: 'system', content: `Rule ${choice}` });
    else if (type === 'regenerate') await chat.regenerate(chosen ?? null, { model });
    else if (chosen === undefined) return;
    else if (type === 'edit') await chat.edit(chosen, `Edit ${choice}`, { model });
    else await chat.deleteMessage(chosen);
  }

  it('leave a history that each vendor takes, whatever their sequence', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 2, maxLength: 8 }), async (operations) => {
        const [chat, read] = await newChat();
        for (const operation of operations) {
          try {
            await perform(chat, await read(), operation);
          } catch (error) {
            // A vendor that refuses the history is an upstream_error.
            expect(REFUSALS).toContain(error instanceof GitlabDuoError ? error.code : error);
          }
        }
        for (const model of MODELS) await chat.ask('The end', { model });
        const roles = (await read()).map(({ role }) => role);
        for (const [index, role] of roles.entries()) {
          if (role === 'tool') expect(roles.slice(0, index)).toContain('assistant');
        }
      }),
      { numRuns: casesOf(25) },
    );
  });

  async function newChat(): Promise<[chat: BaseChat<unknown>, read: () => Promise<readonly Said[]>]> {
    if (place === 'in memory') {
      const chat = host.duo.chat().withTool(look);
      return [chat, () => Promise.resolve(chat.messages)];
    }
    const chat = (await host.chats.create()).withTool(look);
    return [chat, async () => (await host.chats.messages(chat.id)).items];
  }
});
