import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient } from './sandbox-client.js';

type Block = Record<string, unknown>;
interface Message {
  role: string;
  content: string | Block[];
}

const BOUND = ['claude-fable-5-1', 'claude-fable-5-2', 'claude-opus-5-5', 'claude-sonnet-5-5'];
const [FABLE = ''] = BOUND;
const UNBOUND = 'claude-opus-4-7';
const REFUSAL =
  ': Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block". ';
const tool = (name: string) => ({ name, description: `The tool ${name}`, input_schema: { type: 'object' } });
const base: Body = { thinking: { type: 'adaptive' }, system: 'Be brief.', tools: [tool('clock'), tool('look')] };
const mark = { cache_control: { type: 'ephemeral' } };

let sandbox: Sandbox;
let client: SandboxClient;

beforeAll(async () => {
  sandbox = await startSandbox();
  client = await SandboxClient.connect(sandbox);
});
afterAll(() => sandbox.close());

function post(messages: Message[], extra: Body = {}) {
  return client.post(
    'anthropic-messages',
    ask('anthropic-messages', '', { ...base, model: FABLE, messages, ...extra }),
  );
}

async function conversation(model: string, turns = 3): Promise<Message[]> {
  const messages: Message[] = [];
  for (let turn = 1; turn <= turns; turn += 1) {
    messages.push({ role: 'user', content: `Question ${turn}` });
    const { status, json } = await post(messages, { model });
    expect(status).toBe(200);
    messages.push({ role: 'assistant', content: (json as { content: Block[] }).content });
  }
  return [...messages, { role: 'user', content: 'And now?' }];
}

/** The place of the thinking that is refused; `undefined` where all of it is taken. */
async function refusedPlace(messages: Message[], extra: Body = {}): Promise<string | undefined> {
  const { status, json } = await post(messages, extra);
  if (status === 200) return undefined;
  expect(json).toMatchObject({ error: { type: 'invalid_request_error', message: expect.stringContaining(REFUSAL) } });
  return (json as { error: { message: string } }).error.message.split(':')[0];
}

const without = (messages: Message[], ...indexes: number[]) =>
  messages.map((message, index) =>
    indexes.includes(index) && Array.isArray(message.content)
      ? { ...message, content: message.content.filter(({ type }) => type !== 'thinking') }
      : message,
  );

// Source: Anthropic's "Preserved thinking", the table of "What counts as an edit".
describe('Thinking bound to its prefix', () => {
  let messages: Message[];

  beforeAll(async () => {
    messages = await conversation(FABLE);
  });

  it.each(BOUND)('is accepted by %s while nothing before it has changed', async (model) => {
    const own = await conversation(model);
    expect(await refusedPlace(own, { model })).toBeUndefined();
    expect(await refusedPlace(own, { model, system: 'Be long.' })).toBe('messages.1.content.0');
  });

  it.each<[string, (messages: Message[]) => Message[], Body, string]>([
    ['another system prompt', (all) => all, { system: 'Be long.' }, 'messages.1.content.0'],
    ['no system prompt', (all) => all, { system: undefined }, 'messages.1.content.0'],
    ['one tool less', (all) => all, { tools: [tool('clock')] }, 'messages.1.content.0'],
    [
      'an edited tool',
      (all) => all,
      { tools: [{ ...tool('clock'), description: '' }, tool('look')] },
      'messages.1.content.0',
    ],
    ['an edited question', (all) => all.with(2, { role: 'user', content: 'Edited' }), {}, 'messages.3.content.0'],
    ['an edited answer', (all) => all.with(1, { role: 'assistant', content: 'Edited' }), {}, 'messages.3.content.0'],
    ['a turn less', (all) => all.slice(2), {}, 'messages.1.content.0'],
    [
      'text that is gone',
      (all) => all.with(0, { role: 'user', content: 'Question 1 (reminder)' }),
      {},
      'messages.1.content.0',
    ],
    ['a block less in the middle', (all) => without(all, 3), {}, 'messages.5.content.0'],
  ])('is refused after %s', async (_what, edit, extra, place) => {
    expect(await refusedPlace(edit(messages), extra)).toBe(place);
  });

  it.each<[string, (messages: Message[]) => Message[], Body]>([
    ['nothing', (all) => all, {}],
    ['the first block is left out', (all) => without(all, 1), {}],
    ['the first two blocks are left out', (all) => without(all, 1, 3), {}],
    ['all blocks are left out', (all) => without(all, 1, 3, 5), {}],
    ['the effort changes', (all) => all, { output_config: { effort: 'low' } }],
    ['the limit of tokens changes', (all) => all, { max_tokens: 2_000 }],
    [
      'the system prompt is marked for the cache',
      (all) => all,
      { system: [{ type: 'text', text: 'Be brief.', ...mark }] },
    ],
    [
      'a message is marked for the cache',
      (all) => all.with(2, { role: 'user', content: [{ type: 'text', text: 'Question 2', ...mark }] }),
      {},
    ],
    ['the tools come in another order', (all) => all, { tools: [tool('look'), tool('clock')] }],
  ])('is accepted if %s', async (_what, edit, extra) => {
    expect(await refusedPlace(edit(messages), extra)).toBeUndefined();
  });

  it('is ignored by a model that binds nothing, and accepted by its own again', async () => {
    expect(await refusedPlace(messages, { model: UNBOUND, system: 'Be long.' })).toBeUndefined();
    expect(await refusedPlace(messages)).toBeUndefined();
  });

  it('is refused with another error if it was altered', async () => {
    const [thought, ...rest] = messages[1]?.content as Block[];
    const altered = messages.with(1, { role: 'assistant', content: [{ ...thought, thinking: 'Altered' }, ...rest] });
    const { status, json } = await post(altered);
    expect([status, json]).toMatchObject([
      400,
      { error: { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' } },
    ]);
  });
});

describe('Thinking of a model without binding', () => {
  it('is accepted by later models after any change', async () => {
    const messages = await conversation(UNBOUND);
    expect(await refusedPlace(messages, { model: FABLE, system: 'Be long.' })).toBeUndefined();
  });
});
