import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Chat } from '../../src/index.js';
import { type SandboxFault } from '../../src/sandbox/index.js';
import { type UiMessage } from '../../src/ui/index.js';
import { comparableMessages } from './support/comparable-messages.js';
import { testTool } from './support/test-tool.js';
import { UI_SDKS, uiClient, type UiSdk } from './support/ui-client.js';
import { useTestServer } from './support/use-test-host.js';

const RUNS_A_CLIENT = 25;

const tools = [
  testTool('look', () => ({ seen: ['A cat', 7] })),
  testTool('fail', () => {
    throw new Error('The camera is off');
  }),
  testTool('pay', () => 'Paid', { requiresApproval: true }),
];

/** Faults after which the answer begins again: clients before 7 keep showing what was taken back until they reload. */
const resets: SandboxFault[] = ['stream-cut', 'stream-cut-in-tool', 'stream-error'];
const faults: SandboxFault[] = [
  'stream-byte-by-byte',
  'answer-refusal',
  'answer-max-tokens',
  'answer-malformed-tool-call',
  'gateway-overloaded',
];

/** What a person says, and what happens to the answer; a page on 5 cannot decide on calls. */
const asksOf = ({ version = 6 }: UiSdk) =>
  fc.record({
    text: fc.constantFrom('', 'Please', 'Hello there'),
    calls: fc.array(fc.constantFrom('look', 'fail', 'nothing', ...(version === 5 ? [] : ['pay'])), { maxLength: 4 }),
    fault: fc.option(fc.constantFrom(...faults, ...(version === 7 ? resets : [])), { nil: undefined }),
    approvals: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });

describe.each(UI_SDKS.filter(({ name }) => !name.includes('.')))('What useChat of AI SDK $name shows', (how) => {
  const server = useTestServer({ tools, tries: 2 });

  it('is what it loads again, for random runs', async () => {
    const chats = fc.record({ isThinking: fc.boolean(), asks: fc.array(asksOf(how), { minLength: 1, maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(chats, async ({ isThinking, asks }) => {
        const id = randomUUID();
        const settings = {
          tools: ['look', 'fail', 'pay'],
          ...(isThinking && { params: { thinking: { effort: 'low' } } }),
        };
        const chat = await server.chats.create({ externalId: id, ownerId: 'local' });
        await server.database.getRepository(Chat).save(Object.assign(chat, settings));
        const client = uiClient(how, { api: `${server.url}/api/chat`, id });
        for (const { text, calls, fault, approvals } of asks) {
          server.sandbox.reset();
          if (fault) server.sandbox.fault({ fault });
          const lines = calls.map((name, index) => `call ${name} {"n":${index}}`);
          await client.sendMessage({ text: [text || 'Now', ...lines].join('\n') });
          await decide(client, approvals);
        }
        const headers = how.version ? { 'x-ui-version': String(how.version) } : undefined;
        const response = await fetch(`${server.url}/api/chat/${id}/messages`, { headers });
        const stored = (await response.json()) as UiMessage[];
        expect(comparableMessages(stored)).toEqual(comparableMessages(client.messages));
      }),
      { numRuns: RUNS_A_CLIENT, seed: 20_261_201 },
    );
  });
});

/** Decides on each call that asks for it, until the answer is there. */
async function decide(client: ReturnType<typeof uiClient>, approvals: readonly boolean[]): Promise<void> {
  const open = (client.lastMessage?.parts ?? []).flatMap((part) =>
    'approval' in part && part.state === 'approval-requested' ? [part.approval.id] : [],
  );
  for (const [index, id] of open.entries()) {
    const approved = approvals[index] ?? true;
    await client.addToolApprovalResponse({ id, approved, ...(!approved && { reason: 'No' }) });
  }
  while (client.status === 'streaming' || client.status === 'submitted') await new Promise(setImmediate);
}
