import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  historyHash,
  normaliseHistory,
  type Sandbox,
  type SandboxApi,
  startSandbox,
} from '../../../src/sandbox/index.js';
import { ask, type Body, CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient, tool } from './sandbox-client.js';

describe('historyHash', () => {
  it('is the SHA-256 of the pairs', () => {
    // echo -n '[["user","Hello"]]' | sha256sum
    expect(historyHash([{ role: 'user', text: 'Hello' }])).toBe('b0ae8b0f316e');
  });

  it('ignores white space, splits, empty messages and the position of the system prompt', () => {
    const pairs = normaliseHistory([
      { role: 'user', text: 'One\n two ' },
      { role: 'user', text: 'three' },
      { role: 'assistant', text: ' ' },
      { role: 'system', text: 'Rule' },
    ]);
    expect(pairs).toEqual([
      ['system', 'Rule'],
      ['user', 'One two three'],
    ]);
  });

  it('changes with any word, role or order', () => {
    const asked = { role: 'user' as const, text: 'a' };
    const answer = { role: 'assistant' as const, text: 'b' };
    const chats = [
      [asked, answer],
      [asked, { ...answer, text: 'c' }],
      [asked, { ...answer, role: 'tool' as const }],
      [answer, asked],
      [asked],
    ];
    const hashes = chats.map((messages) => historyHash(messages));
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('One chat on three APIs', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const input = { city: 'Oslo', days: [1, 2] };
  const json = JSON.stringify(input);
  const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: json } });
  const BODIES: Record<SandboxApi, Body> = {
    'anthropic-messages': {
      model: CLAUDE,
      max_tokens: 1000,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: { type: 'url', url: 'http://x' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Wait.' },
            { type: 'tool_use', id: 'a1', name: 'weather', input },
            { type: 'tool_use', id: 'a2', name: 'weather', input },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a1', content: 'Rain' },
            { type: 'tool_result', tool_use_id: 'a2', content: [{ type: 'text', text: 'Sun' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    },
    'openai-chat': {
      model: GPT_CHAT,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'http://x' } },
          ],
        },
        { role: 'assistant', content: 'Wait.', tool_calls: [call('a1'), call('a2')] },
        { role: 'tool', tool_call_id: 'a1', content: 'Rain' },
        { role: 'tool', tool_call_id: 'a2', content: 'Sun' },
        { role: 'user', content: 'And now?' },
      ],
    },
    'openai-responses': {
      model: GPT_RESPONSES,
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look' },
            { type: 'input_image', image_url: 'http://x' },
          ],
        },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Wait.' }] },
        { type: 'function_call', call_id: 'a1', name: 'weather', arguments: json },
        { type: 'function_call', call_id: 'a2', name: 'weather', arguments: json },
        { type: 'function_call_output', call_id: 'a1', output: 'Rain' },
        { type: 'function_call_output', call_id: 'a2', output: 'Sun' },
        { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
      ],
    },
  };
  const expected = historyHash([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Look [image]' },
    { role: 'assistant', text: `Wait. weather ${json} weather ${json}` },
    { role: 'tool', text: 'Rain Sun' },
    { role: 'user', text: 'And now?' },
  ]);

  it.each(Object.entries(BODIES) as [SandboxApi, Body][])(
    'has on %s the hash of the neutral list',
    async (api, body) => {
      const { text } = await client.post(api, body);
      expect(text).toContain(`Turn 2. You said: \\"And now?\\". History: ${expected}.`);
    },
  );
});

const text = (length: number, letter = 'a') => ({ type: 'text', text: letter.repeat(length) });
const marked = (block: object) => ({ ...block, cache_control: { type: 'ephemeral' } });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });

describe('Sandbox prompt caches', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeEach(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterEach(() => sandbox.close());

  interface Usage {
    input_tokens: number;
    cache_creation_input_tokens: number;
    cache_read_input_tokens: number;
  }

  const usage = async (extra: Body): Promise<number[]> => {
    const { json } = await client.post('anthropic-messages', ask('anthropic-messages', '', extra));
    const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = (json as { usage: Usage }).usage;
    return [input_tokens, cache_creation_input_tokens, cache_read_input_tokens];
  };

  it('write marked prompts of Anthropic, then read them, and write only new ones', async () => {
    const first = {
      system: [marked(text(400))],
      messages: [user(marked(text(80))), assistant(text(40)), user(text(8))],
    };
    expect(await usage(first)).toEqual([12, 120, 0]);
    expect(await usage(first)).toEqual([12, 0, 120]);
    const grown = { ...first, messages: [...first.messages, assistant(text(20)), user(marked(text(12)))] };
    expect(await usage(grown)).toEqual([0, 20, 120]);
    expect(await usage(grown)).toEqual([0, 0, 140]);
  });

  it('read the system prompt of Anthropic again after another question', async () => {
    const system = [marked(text(400))];
    expect(await usage({ system, messages: [user(marked(text(40)))] })).toEqual([0, 110, 0]);
    expect(await usage({ system, messages: [user(marked(text(40, 'b')))] })).toEqual([0, 10, 100]);
  });

  it('keep nothing of Anthropic without a mark, or of another model, tool or system prompt', async () => {
    const messages = [user(marked(text(400)))];
    expect(await usage({ messages: [user(text(400))] })).toEqual([100, 0, 0]);
    expect(await usage({ messages: [user(text(400))] })).toEqual([100, 0, 0]);
    expect(await usage({ messages })).toEqual([0, 100, 0]);
    expect(await usage({ messages, model: 'claude-opus-5' })).toEqual([0, 100, 0]);
    expect((await usage({ messages, tools: [tool('anthropic-messages', 'clock')] }))[2]).toBe(0);
    expect((await usage({ messages, system: 'Be brief.' }))[2]).toBe(0);
    expect((await usage({ messages, system: 'Be rude.' }))[2]).toBe(0);
    expect((await usage({ messages, system: [{ type: 'text', text: 'Be rude.' }] }))[2]).toBe(102);
  });

  it('look back at most 20 blocks for Anthropic', async () => {
    const messages = [user(marked(text(400)))];
    await usage({ messages });
    const later = (blocks: number) => [
      user(text(400), ...Array<unknown>(blocks).fill(text(4)), marked(text(4, String(blocks)))),
    ];
    expect((await usage({ messages: later(18) }))[2]).toBe(100);
    expect((await usage({ messages: later(19) }))[2]).toBe(0);
  });

  it('report the same usage in a stream of Anthropic', async () => {
    const body = { system: [marked(text(400))] };
    await usage({ ...body, messages: [user(text(4))] });
    const { text: stream } = await client.stream('anthropic-messages', 'Hello', body);
    expect(stream.match(/"cache_read_input_tokens":100/g)).toHaveLength(2);
  });

  it.each([
    ['openai-chat', 'messages', 'prompt_tokens_details'],
    ['openai-responses', 'input', 'input_tokens_details'],
  ] as const)('keep long prompts of %s automatically, in steps of 128 tokens', async (api, field, details) => {
    const cached = async (...messages: object[]) => {
      const { json } = await client.post(api, ask(api, '', { [field]: messages }));
      return (json as { usage: Record<string, { cached_tokens: number }> }).usage[details]?.cached_tokens;
    };
    const long = { role: 'user', content: 'x'.repeat(4 * 1300) };
    const answer = { role: 'assistant', content: 'Fine.' };
    expect(await cached(long)).toBe(0);
    expect(await cached(long)).toBe(1280);
    expect(await cached(long, answer, { role: 'user', content: 'More' })).toBe(1280);
    expect(await cached({ role: 'system', content: 'New' }, long)).toBe(0);
    const short = { role: 'user', content: 'x'.repeat(4 * 1023) };
    await cached(short);
    expect(await cached(short)).toBe(0);
  });
});

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
const mark = { cache_control: { type: 'ephemeral' } };

const without = (messages: Message[], ...indexes: number[]) =>
  messages.map((message, index) =>
    indexes.includes(index) && Array.isArray(message.content)
      ? { ...message, content: message.content.filter(({ type }) => type !== 'thinking') }
      : message,
  );

describe('Sandbox thinking', () => {
  const tool = (name: string) => ({ name, description: `The tool ${name}`, input_schema: { type: 'object' } });
  const base: Body = { thinking: { type: 'adaptive' }, system: 'Be brief.', tools: [tool('clock'), tool('look')] };

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
});
