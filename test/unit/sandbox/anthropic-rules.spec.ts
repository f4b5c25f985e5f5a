import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient } from './sandbox-client.js';

const OPUS_4_5 = 'claude-opus-4-5-20251101';
const SONNET_4_5 = 'claude-sonnet-4-5-20250929';
const OPUS_4_7 = 'claude-opus-4-7';
/** The vendor's own test of redacted thinking. */
const REDACTED =
  'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const call = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'clock', input });
const result = (id: string, extra: Body = {}) => ({ type: 'tool_result', tool_use_id: id, content: 'noon', ...extra });
const answered = (answer: object, asked: object = call('a')) => [user('Hi'), assistant([asked]), user([answer])];
const text = (words: string) => ({ type: 'text', text: words });
const TOOLS = [{ name: 'clock', input_schema: { type: 'object' } }];

describe('Sandbox rules of Anthropic Messages', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const post = (extra: Body) => client.post('anthropic-messages', ask('anthropic-messages', 'Hello', extra));

  it.each<[string, Body, string]>([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['max_tokens of 0', { max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
    ['too many max_tokens', { max_tokens: 64_001 }, 'max_tokens: 64001 > 64000, which is the maximum allowed'],
    ['an unknown parameter', { max_output_tokens: 5 }, 'max_output_tokens: Extra inputs are not permitted'],
    ['a stop sequence of white space', { stop_sequences: ['END', '\n'] }, 'must contain non-whitespace'],
    ['an empty stop sequence', { stop_sequences: [''] }, 'stop_sequences: each stop sequence must contain'],
    ['a stop sequence that is a number', { stop_sequences: [5] }, 'stop_sequences.0: Input should be a valid string'],
    ['a stop sequence without its list', { stop_sequences: 'END' }, 'stop_sequences: Input should be a valid list'],
    ['temperature on Opus 4.7', { model: OPUS_4_7, temperature: 1 }, '`temperature` is deprecated for this model.'],
    ['top_p on Fable', { model: 'claude-fable-5', top_p: 1 }, '`top_p` is deprecated for this model.'],
    ['top_k on Sonnet 5', { model: 'claude-sonnet-5', top_k: 5 }, '`top_k` is deprecated for this model.'],
    [
      'temperature on Opus 5',
      { model: 'claude-opus-5', temperature: 0 },
      '`temperature` is deprecated for this model.',
    ],
    ['temperature and top_p', { temperature: 1, top_p: 1 }, 'cannot both be specified'],
    ['temperature of 2', { temperature: 2 }, 'temperature: range: 0..1'],
    [
      'temperature with thinking',
      { temperature: 0.5, thinking: { type: 'enabled', budget_tokens: 1024 } },
      'may only be set to 1',
    ],
    [
      'a budget of max_tokens',
      { thinking: { type: 'enabled', budget_tokens: 4096 } },
      'must be greater than `thinking.budget_tokens`',
    ],
    ['a small budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, 'greater than or equal to 1024'],
    ['no budget', { thinking: { type: 'enabled' } }, 'thinking.enabled.budget_tokens: Field required'],
    [
      'a budget on Opus 4.7',
      { model: OPUS_4_7, thinking: { type: 'enabled', budget_tokens: 1024 } },
      '"thinking.type.enabled" is not supported',
    ],
    ['adaptive on Opus 4.5', { model: OPUS_4_5, thinking: { type: 'adaptive' } }, 'adaptive thinking is not supported'],
    ['an adaptive budget', { thinking: { type: 'adaptive', budget_tokens: 2000 } }, 'Extra inputs are not permitted'],
    [
      'effort on Sonnet 4.5',
      { model: SONNET_4_5, output_config: { effort: 'low' } },
      'does not support the effort parameter',
    ],
    [
      'a forced tool with thinking',
      { tools: TOOLS, tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } },
      'Thinking may not be enabled',
    ],
    ['a tool without schema', { tools: [{ name: 'clock' }] }, 'tools.0.custom.input_schema: Field required'],
    ['a tool with a dot', { tools: [{ name: 'a.b', input_schema: {} }] }, 'tools.0.custom.name: String should match'],
    ['two tools of one name', { tools: [...TOOLS, ...TOOLS] }, 'Tool names must be unique'],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, 'tool_choice: may only be specified'],
    ['a choice of a tool not there', { tools: TOOLS, tool_choice: { type: 'tool', name: 'x' } }, "Tool 'x' not found"],
    ['no messages', { messages: [] }, 'at least one message is required'],
    ['a first assistant', { messages: [assistant('Hi'), user('Hi')] }, 'first message must use the "user" role'],
    ['a system message', { messages: [{ role: 'system', content: 'Hi' }] }, 'Unexpected role "system"'],
    ['an empty message', { messages: [user('')] }, 'all messages must have non-empty content'],
    ['an empty block', { messages: [user([text('')])] }, 'text content blocks must be non-empty'],
    ['a blank block', { messages: [user([text(' \n')])] }, 'must contain non-whitespace text'],
    ['an empty system block', { system: [text('')] }, 'system: text content blocks must be non-empty'],
    ['a prefill on 4.6', { messages: [user('Hi'), assistant('I')] }, 'does not support assistant message prefill'],
    ['a prefill with a space', { model: OPUS_4_5, messages: [user('Hi'), assistant('I ')] }, 'trailing whitespace'],
    [
      'a call at the end',
      { messages: [user('Hi'), assistant([call('a')])] },
      'ids were found without `tool_result` blocks immediately after: a.',
    ],
    [
      'a call unanswered',
      { messages: [user('Hi'), assistant([call('a'), call('b')]), user([result('a')])] },
      'immediately after: b.',
    ],
    [
      'a late result',
      { messages: [user('Hi'), assistant([call('a')]), user([text('Well'), result('a')])] },
      'immediately after: a.',
    ],
    [
      'a result of nothing',
      { messages: [user([result('a')])] },
      'unexpected `tool_use_id` found in `tool_result` blocks: a.',
    ],
    [
      'two results of one call',
      { messages: [user('Hi'), assistant([call('a')]), user([result('a'), result('a')])] },
      'single result',
    ],
    [
      'a call id with a colon',
      { messages: [user('Hi'), assistant([call('a:1')]), user([result('a:1')])] },
      'tool_use.id: String should match',
    ],
    [
      'a call with a string',
      { messages: [user('Hi'), assistant([call('a', '{}')]), user([result('a')])] },
      'Input should be a valid dictionary',
    ],
    [
      'a call by the user',
      { messages: [user([call('a')])] },
      "does not match any of the expected tags: 'text', 'image'",
    ],
    [
      'a foreign signature',
      {
        messages: [user('Hi'), assistant([{ type: 'thinking', thinking: 'Hm', signature: 'x' }, text('A')]), user('B')],
      },
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'no signature',
      { messages: [user('Hi'), assistant([{ type: 'thinking', thinking: 'Hm' }, text('A')]), user('B')] },
      'thinking.signature: Field required',
    ],
    [
      'a cached thought',
      { messages: [user('Hi'), assistant([{ type: 'thinking', cache_control: {} }, text('A')]), user('B')] },
      'cache_control: Extra inputs',
    ],
    ['an unknown cache', { system: [{ ...text('A'), cache_control: { type: 'eternal' } }] }, "should be 'ephemeral'"],
    [
      'five cache marks',
      { messages: [user(Array(5).fill({ ...text('A'), cache_control: { type: 'ephemeral' } }))] },
      'Found 5.',
    ],
    [
      'a call of a tool with a dot',
      { messages: answered(result('a'), { ...call('a'), name: 'a.b' }) },
      'tool_use.name: String should match pattern',
    ],
    [
      'an error without a word',
      { messages: answered(result('a', { content: '', is_error: true })) },
      'messages.2.content.0.tool_result: content cannot be empty if `is_error` is true',
    ],
    [
      'a blank block in a result',
      { messages: answered(result('a', { content: [text(' ')] })) },
      'must contain non-whitespace text',
    ],
    [
      'a call in a result',
      { messages: answered(result('a', { content: [call('b')] })) },
      'messages.2.content.0.tool_result.content.0: Input tag found',
    ],
    ['a result that is a number', { messages: answered(result('a', { content: 5 })) }, 'valid string or list'],
    [
      'an image of another type',
      { messages: [user([{ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AA==' } }])] },
      "image.source.base64.media_type: Input should be 'image/jpeg'",
    ],
    [
      'a document without content',
      { messages: [user([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf' } }])] },
      'document.source.base64.data: Field required',
    ],
    [
      'an image without an address',
      { messages: [user([{ type: 'image', source: { type: 'url' } }])] },
      'image.source.url.url: Field required',
    ],
    [
      'an image from nowhere',
      { messages: [user([{ type: 'image', source: { type: 'paper' } }])] },
      "expected tags: 'base64', 'url', 'file'",
    ],
    [
      'redacted thinking of somebody else',
      { messages: [user('Hi'), assistant([{ type: 'redacted_thinking', data: 'x' }, text('A')]), user('B')] },
      'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
    ],
    [
      'two rounds without a thought',
      {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [
          user('Hi'),
          assistant([call('a')]),
          user([result('a')]),
          assistant([call('b')]),
          user([result('b')]),
        ],
      },
      'messages.1.content.0.type: Expected `thinking`',
    ],
    [
      'a call without its thought',
      {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [user('Hi'), assistant([call('a')]), user([result('a')])],
      },
      'must start with a thinking block',
    ],
  ])('refuses %s', async (_what, extra, message) => {
    const { status, json } = await post(extra);
    expect(status).toBe(400);
    expect(json).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
    });
  });

  it.each<[string, Body]>([
    ['users in a row', { messages: [user('Hi'), user('there')] }],
    ['a prefill on 4.5', { model: OPUS_4_5, messages: [user('Hi'), assistant('I')] }],
    [
      'results in two messages',
      {
        messages: [
          user('Hi'),
          assistant([call('a'), call('b')]),
          user([result('b')]),
          user([result('a'), text('So?')]),
        ],
      },
    ],
    ['stop sequences', { stop_sequences: ['END', ' . '] }],
    ['effort on Opus 4.5', { model: OPUS_4_5, output_config: { effort: 'low' } }],
    ['temperature of 1 with thinking', { temperature: 1, thinking: { type: 'adaptive' } }],
    [
      'a call without thought when thinking is adaptive',
      { thinking: { type: 'adaptive' }, messages: [user('Hi'), assistant([call('a')]), user([result('a')])] },
    ],
  ])('accepts %s', async (_what, extra) => {
    expect((await post(extra)).json).toMatchObject({ type: 'message', stop_reason: 'end_turn' });
  });

  it('accept its own thinking back only unchanged', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    const first = (await post({ thinking })).json as {
      content: [{ type: string; thinking: string }, object];
      usage: object;
    };
    expect(first.content).toMatchObject([{ type: 'thinking' }, { type: 'text' }]);
    expect(first.usage).toMatchObject({
      output_tokens_details: { thinking_tokens: Math.ceil(first.content[0].thinking.length / 4) },
    });
    const again = { thinking, messages: [user('Hello'), assistant(first.content), user('More')] };
    expect((await post(again)).status).toBe(200);
    first.content[0].thinking += '!';
    expect((await post(again)).status).toBe(400);
  });

  it.each(['Hello', REDACTED])('accept thinking back only at the start of its turn: %s', async (said) => {
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    const { content } = (await post({ thinking, messages: [user(said)] })).json as { content: [object, object] };
    const [thought] = content;
    const refusal = async (extra: Body) => JSON.stringify((await post(extra)).json);
    const called = [user(said), assistant([thought, call('a')]), user([result('a')])];
    expect((await post({ thinking, messages: called })).status).toBe(200);
    expect((await post({ messages: [...called, assistant('Noon.'), user('Thanks')] })).status).toBe(200);
    const calledAgain = [...called, assistant([call('b')]), user([result('b'), text('So?')])];
    expect((await post({ thinking, messages: calledAgain })).status).toBe(200);
    expect(await refusal({ messages: called })).toContain('messages.1.content.0: When thinking is disabled');
    expect(await refusal({ messages: [user(said), assistant([thought]), user('More')] })).toContain(
      'messages.1: The final block in an assistant message cannot be',
    );
  });

  it('redact thinking on request, and accept it back unchanged', async () => {
    const thinking = { type: 'enabled', budget_tokens: 1024 };
    const { json } = await post({ thinking, messages: [user(REDACTED)] });
    const { content } = json as { content: [{ type: string; data: string }, object] };
    expect(content).toMatchObject([{ type: 'redacted_thinking' }, { type: 'text' }]);
    const { text: streamed } = await client.stream('anthropic-messages', REDACTED, { thinking });
    expect(streamed).toContain(`"content_block":${JSON.stringify(content[0])}`);
    const again = { thinking, messages: [user(REDACTED), assistant(content), user('More')] };
    expect((await post(again)).status).toBe(200);
    content[0].data = `x${content[0].data}`;
    expect((await post(again)).status).toBe(400);
  });

  it('hide the thinking of later models, unless a summary is requested', async () => {
    const thought = async (extra: object) => {
      const { json } = await post({ model: OPUS_4_7, thinking: { type: 'adaptive', ...extra } });
      return (json as { content: [{ thinking: string }] }).content[0].thinking;
    };
    expect(await thought({})).toBe('');
    expect(await thought({ display: 'summarized' })).toContain('Hello');
  });

  it('truncate the answer at max_tokens', async () => {
    const { json } = await post({ max_tokens: 2 });
    expect(json).toMatchObject({ stop_reason: 'max_tokens', content: [text('Turn 1. ')], usage: { output_tokens: 2 } });
  });

  it('refuse a prompt that exceeds the context window', async () => {
    const { json } = await post({ model: SONNET_4_5, messages: [user('x'.repeat(800_004))] });
    expect(json).toMatchObject({ error: { message: 'prompt is too long: 200001 tokens > 200000 maximum' } });
  });
});
