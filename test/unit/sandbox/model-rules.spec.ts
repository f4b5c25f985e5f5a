import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Sandbox, type SandboxApi, startSandbox } from '../../../src/sandbox/index.js';
import { type Answered, ask, type Body, SandboxClient, tool } from './sandbox-client.js';

/**
 * The vendors' rules of single models, in their words: Anthropic's pages "What's new" of Fable 5.1, Opus 5.5, Sonnet 5.5
 * and Haiku 5.5 and its guides to effort and thinking; OpenAI's guide to reasoning, and openai-openapi#541 for tools
 * beside an effort.
 */
describe('Sandbox rules of single models', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());

  const post = (api: SandboxApi, model: string, extra: Body): Promise<Answered> =>
    client.post(api, ask(api, 'Hello', { model, ...extra }));
  const claude = (model: string, extra: Body) => post('anthropic-messages', `claude-${model}`, extra);
  const message = ({ json }: Answered) => (json as { error?: { message: string } }).error?.message ?? '';

  const disabled = { thinking: { type: 'disabled' } };
  const adaptive = { thinking: { type: 'adaptive' } };
  const between = { thinking: { type: 'between_tools' } };
  const budget = { thinking: { type: 'enabled', budget_tokens: 1_024 } };
  const effort = (level: string) => ({ output_config: { effort: level } });
  const tools = { tools: [tool('anthropic-messages', 'clock')] };
  const any = { ...tools, tool_choice: { type: 'any' } };
  const named = { ...tools, tool_choice: { type: 'tool', name: 'clock' } };
  const forced = 'tool_choice: type "tool" and "any" are not supported for this model.';
  const useAdaptive = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';

  it.each<[string, Body, string]>([
    ['fable-5-1', any, forced],
    ['opus-5-5', any, forced],
    ['opus-5-5', named, forced],
    ['sonnet-5-5', named, forced],
    ['opus-5', { ...any, ...adaptive }, 'Thinking may not be enabled when tool_choice forces tool use.'],
    ['fable-5', disabled, `"thinking.type.disabled" is not supported for this model. ${useAdaptive}`],
    ['fable-5-1', disabled, `"thinking.type.disabled" is not supported for this model. ${useAdaptive}`],
    ['opus-5-5', disabled, `"thinking.type.disabled" is not supported for this model. ${useAdaptive}`],
    [
      'sonnet-5-5',
      disabled,
      '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the lowest thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    ],
    ['opus-5-5', budget, `"thinking.type.enabled" is not supported for this model. ${useAdaptive}`],
    ['haiku-5-5', budget, `"thinking.type.enabled" is not supported for this model. ${useAdaptive}`],
    ['opus-5-5', between, '"thinking.type.between_tools" is not supported for this model.'],
    ['haiku-4-5-20251001', adaptive, 'adaptive thinking is not supported on this model'],
    [
      'sonnet-5-5',
      { thinking: { type: 'between_tools', display: 'summarized' } },
      'thinking.between_tools.display: Extra inputs are not permitted',
    ],
    [
      'opus-5-5',
      { thinking: { type: 'adaptive', display: 'updates' } },
      "thinking.adaptive.display: Input should be 'summarized' or 'omitted'",
    ],
    ['sonnet-5-5', { ...between, ...effort('xhigh') }, "output_config.effort 'xhigh' is not supported"],
    ['sonnet-5-5', { ...between, ...effort('max') }, "output_config.effort 'max' is not supported"],
    [
      'opus-5',
      { ...disabled, ...effort('xhigh') },
      "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.",
    ],
    ['haiku-5-5', { ...disabled, ...effort('max') }, "output_config.effort 'max' is not supported when thinking is"],
    [
      'opus-4-6',
      effort('xhigh'),
      "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ],
    ['sonnet-4-6', effort('xhigh'), "This model does not support effort level 'xhigh'."],
    [
      'opus-4-5-20251101',
      effort('max'),
      "This model does not support effort level 'max'. Supported levels: high, low, medium.",
    ],
    ['haiku-4-5-20251001', effort('low'), 'This model does not support the effort parameter.'],
    ['opus-5', effort('none'), "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"],
    ['opus-5-5', { temperature: 1 }, '`temperature` is deprecated for this model.'],
    ['sonnet-5-5', { max_tokens: 128_001 }, 'max_tokens: 128001 > 128000'],
  ])('refuse claude-%s with %j', async (model, extra, text) => {
    const answer = await claude(model, extra);
    expect(answer.status).toBe(400);
    expect(message(answer)).toContain(text);
  });

  it.each<[string, Body]>([
    ['fable-5', any],
    ['opus-5', named],
    ['haiku-5-5', any],
    ['opus-5', { ...disabled, ...any }],
    ['opus-5', { ...disabled, ...effort('high') }],
    ['sonnet-5', { ...disabled, ...effort('max') }],
    ['haiku-5-5', { ...adaptive, ...effort('max') }],
    ['opus-4-6', { ...adaptive, ...effort('max') }],
    ['opus-4-6', budget],
    ['sonnet-5-5', { ...between, ...effort('high') }],
    ['sonnet-5-5', { thinking: { type: 'adaptive', display: 'summarized' }, ...effort('xhigh') }],
    ['opus-5-5', { ...tools, tool_choice: { type: 'auto' } }],
    ['haiku-4-5-20251001', disabled],
  ])('accept claude-%s with %j', async (model, extra) => {
    expect(await claude(model, extra)).toMatchObject({ status: 200 });
  });

  it.each<[string, Body, unknown[]]>([
    ['opus-5-5', {}, [{ type: 'thinking', thinking: '' }, { type: 'text' }]],
    ['opus-5-5', { thinking: { type: 'adaptive', display: 'summarized' } }, [{ thinking: /wants/ }, { type: 'text' }]],
    ['sonnet-5', {}, [{ type: 'thinking', thinking: '' }, { type: 'text' }]],
    ['sonnet-5', disabled, [{ type: 'text' }]],
    ['sonnet-5-5', between, [{ type: 'text' }]],
    ['opus-4-8', {}, [{ type: 'text' }]],
    ['opus-4-6', {}, [{ type: 'text' }]],
    ['opus-4-6', adaptive, [{ thinking: /wants/ }, { type: 'text' }]],
  ])('let claude-%s think with %j as the vendor does', async (model, extra, blocks) => {
    const { content } = (await claude(model, extra)).json as { content: Record<string, unknown>[] };
    expect(content).toHaveLength(blocks.length);
    for (const [index, block] of (blocks as Record<string, unknown>[]).entries()) {
      for (const [key, value] of Object.entries(block)) {
        if (value instanceof RegExp) expect(content[index]?.[key]).toMatch(value);
        else expect(content[index]?.[key]).toBe(value);
      }
    }
  });

  it('let Sonnet 5.5 take notes between tool calls even if it thinks nowhere else', async () => {
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'clock', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'noon' }] },
    ];
    const { content } = (await claude('sonnet-5-5', { ...between, ...tools, messages })).json as { content: object[] };
    expect(content).toMatchObject([{ type: 'thinking', thinking: expect.stringContaining('wants') }, { type: 'text' }]);
  });

  const refusedEffort = (level: string, model: string, supported: string) =>
    `Unsupported value: '${level}' is not supported with the '${model}' model. Supported values are: ${supported}.`;

  it.each([
    ['gpt-6-astra', 'none', "'low', 'medium', 'high', 'xhigh', and 'max'"],
    ['gpt-6.1-sol', 'none', "'low', 'medium', 'high', 'xhigh', and 'max'"],
    ['gpt-6-luna', 'minimal', "'none', 'low', 'medium', 'high', 'xhigh', and 'max'"],
    ['gpt-5.6-sol', 'minimal', "'none', 'low', 'medium', 'high', 'xhigh', and 'max'"],
    ['gpt-5-codex', 'xhigh', "'low', 'medium', and 'high'"],
    ['gpt-5.3-codex', 'max', "'low', 'medium', 'high', and 'xhigh'"],
  ])('refuse an effort that Responses does not take with %s: %s', async (model, level, supported) => {
    const { status, json } = await post('openai-responses', model, { reasoning: { effort: level } });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: {
        message: refusedEffort(level, model, supported),
        param: 'reasoning.effort',
        code: 'unsupported_value',
      },
    });
  });

  it.each([
    ['gpt-5.1-2025-11-13', 'minimal', "'none', 'low', 'medium', and 'high'"],
    ['gpt-5-mini-2025-08-07', 'none', "'minimal', 'low', 'medium', and 'high'"],
    ['gpt-5.2-2025-12-11', 'max', "'none', 'low', 'medium', 'high', and 'xhigh'"],
  ])('refuse an effort that Chat Completions does not take with %s: %s', async (model, level, supported) => {
    const { status, json } = await post('openai-chat', model, { reasoning_effort: level });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: { message: refusedEffort(level, model, supported), param: 'reasoning_effort', code: 'unsupported_value' },
    });
  });

  it.each([
    ['gpt-5.4-2026-03-05', 'gpt-5.4'],
    ['gpt-5.5-2026-04-23', 'gpt-5.5'],
    ['gpt-5.4-mini', 'gpt-5.4-mini'],
  ])('refuse tools with an effort on Chat Completions with %s', async (model, family) => {
    const chatTools = { tools: [tool('openai-chat', 'clock')] };
    const { status, json } = await post('openai-chat', model, { ...chatTools, reasoning_effort: 'low' });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: {
        message: `Function tools with reasoning_effort are not supported for ${family} in /v1/chat/completions. Please use /v1/responses instead.`,
        param: 'reasoning_effort',
        code: null,
      },
    });
    expect(await post('openai-chat', model, chatTools)).toMatchObject({ status: 200 });
    expect(await post('openai-chat', model, { reasoning_effort: 'low' })).toMatchObject({ status: 200 });
  });

  it('accept less input than the context window if the vendor reserves some for the answer', async () => {
    const text = 'x'.repeat(4 * 300_000);
    const answer = await client.post('openai-responses', ask('openai-responses', text, { model: 'gpt-5-codex' }));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('context_length_exceeded');
  });
});

const MODELS: Record<SandboxApi, string[]> = {
  'anthropic-messages': [
    'claude-opus-4-6',
    'claude-sonnet-4-6',
    'claude-opus-4-5-20251101',
    'claude-sonnet-4-5-20250929',
    'claude-haiku-4-5-20251001',
    'claude-fable-5-1',
    'claude-fable-5',
    'claude-opus-5',
    'claude-opus-4-8',
    'claude-opus-4-7',
    'claude-sonnet-5',
    'claude-opus-5-5',
    'claude-sonnet-5-5',
    'claude-haiku-5-5',
  ],
  'openai-chat': [
    'gpt-5.1-2025-11-13',
    'gpt-5.2-2025-12-11',
    'gpt-5-mini-2025-08-07',
    'gpt-5.5-2026-04-23',
    'gpt-5.4-2026-03-05',
    'gpt-5.4-mini',
    'gpt-5.4-nano',
  ],
  'openai-responses': [
    'gpt-6-astra',
    'gpt-6-sol',
    'gpt-6-luna',
    'gpt-6.1-sol',
    'gpt-5.6-sol',
    'gpt-5.6-terra',
    'gpt-5.6-luna',
    'gpt-5-codex',
    'gpt-5.2-codex',
    'gpt-5.3-codex',
  ],
};

describe('The 31 models of the sandbox', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const served = Object.entries(MODELS).flatMap(([api, models]) =>
    models.map((model) => [model, api as SandboxApi] as const),
  );

  it.each(served)('include %s, which only %s serves', async (model, home) => {
    for (const api of Object.keys(MODELS) as SandboxApi[]) {
      const { status } = await client.post(api, ask(api, 'Hello', { model }));
      expect([api, status]).toEqual([api, api === home ? 200 : 400]);
    }
  });
});

type Block = Record<string, unknown>;

const HELLO = { role: 'user', content: 'Hello' };

// Source: Anthropic's "Handling stop reasons", `pause_turn`, and the refusal that users of server tools report.
describe('A paused turn', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.reset();
  });
  const post = (messages: unknown[], extra: Body = {}) =>
    client.post('anthropic-messages', ask('anthropic-messages', '', { messages, ...extra }));

  async function paused(extra: Body = {}): Promise<Block[]> {
    sandbox.fault({ fault: 'answer-pause-turn' });
    const { json } = await post([HELLO], extra);
    expect(json).toMatchObject({ stop_reason: 'pause_turn' });
    return (json as { content: Block[] }).content;
  }

  it('ends with a server tool call that has no result', async () => {
    const content = await paused();
    expect(content.at(-1)).toMatchObject({ type: 'server_tool_use', id: expect.stringMatching(/^srvtoolu_/) });
    sandbox.fault({ fault: 'answer-pause-turn' });
    const { text } = await client.stream('anthropic-messages', 'Hello');
    expect(text).toContain('"type":"server_tool_use"');
    expect(text).toContain('"input_json_delta"');
  });

  it.each(['claude-sonnet-4-6', 'claude-fable-5-1', 'claude-opus-4-5-20251101'])(
    'is continued by %s if it is sent back unchanged',
    async (model) => {
      const content = await paused({ model });
      const { status, json } = await post([HELLO, { role: 'assistant', content }], { model });
      expect([status, json]).toMatchObject([200, { stop_reason: 'end_turn' }]);
      expect((json as { content: Block[] }).content[0]).toMatchObject({
        type: 'web_search_tool_result',
        tool_use_id: content.at(-1)?.id,
      });
    },
  );

  it('is refused if the user speaks in the middle of it', async () => {
    const content = await paused();
    const { status, json } = await post([HELLO, { role: 'assistant', content }, { role: 'user', content: 'Go on.' }]);
    const message = `messages.1: \`web_search\` tool use with id \`${String(content.at(-1)?.id)}\` was found without a corresponding \`web_search_tool_result\` block`;
    expect([status, json]).toMatchObject([400, { error: { message } }]);
  });

  it('is over once its result has come', async () => {
    const content = await paused();
    const { json } = await post([HELLO, { role: 'assistant', content }]);
    const rest = (json as { content: Block[] }).content;
    const said = [HELLO, { role: 'assistant', content: [...content, ...rest] }, { role: 'user', content: 'Thanks' }];
    expect((await post(said)).status).toBe(200);
  });
});
