import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient } from './sandbox-client.js';

const user = (content: unknown) => ({ role: 'user', content });
const calls = (...ids: string[]) => ({
  role: 'assistant',
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'clock', arguments: '{}' } })),
});
const tool = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'noon' });
const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';
const TOOLS = [{ type: 'function', function: { name: 'clock', parameters: { type: 'object', properties: {} } } }];

describe('Sandbox rules of OpenAI Chat Completions', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const post = (extra: Body) => client.post('openai-chat', ask('openai-chat', 'Hello', extra));

  it.each<[string, Body, string, string | null]>([
    [
      'max_tokens',
      { max_tokens: 5 },
      "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'unsupported_parameter',
    ],
    [
      'temperature',
      { temperature: 0.2 },
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      'unsupported_value',
    ],
    ['top_p', { top_p: 0.5 }, "Unsupported parameter: 'top_p'", 'unsupported_parameter'],
    ['an unknown parameter', { thinking: {} }, "Unknown parameter: 'thinking'.", 'unknown_parameter'],
    ['too many tokens', { max_completion_tokens: 128_001 }, 'max_tokens is too large: 128001', 'invalid_value'],
    [
      'stream options without a stream',
      { stream_options: { include_usage: true } },
      "only allowed when 'stream' is enabled",
      null,
    ],
    ['a choice without tools', { tool_choice: 'auto' }, "only allowed when 'tools' are specified", null],
    [
      'a tool with a dot',
      { tools: [{ type: 'function', function: { name: 'a.b' } }] },
      'string does not match pattern',
      'invalid_value',
    ],
    ['no messages', { messages: [] }, 'empty array', 'empty_array'],
    ['an unknown role', { messages: [{ role: 'bot', content: 'Hi' }] }, "Invalid value: 'bot'", 'invalid_value'],
    ['empty content', { messages: [user('')] }, "Invalid 'messages[0].content': empty string", 'empty_string'],
    ['no content', { messages: [user(null)] }, 'expected a string, got null', null],
    [
      'an empty part',
      { messages: [user([{ type: 'text', text: '' }])] },
      "Invalid 'messages[0].content[0].text': empty string",
      'empty_string',
    ],
    [
      'a part of another API',
      { messages: [user([{ type: 'input_text', text: 'Hi' }])] },
      "Invalid value: 'input_text'",
      'invalid_value',
    ],
    [
      'an image of the assistant',
      { messages: [user('Hi'), { role: 'assistant', content: [{ type: 'image_url', image_url: { url: IMAGE } }] }] },
      "Invalid value: 'image_url'. Supported values are: 'text', 'refusal'.",
      'invalid_value',
    ],
    [
      'an image of a tool',
      {
        messages: [
          user('Hi'),
          calls('a'),
          { ...tool('a'), content: [{ type: 'image_url', image_url: { url: IMAGE } }] },
        ],
      },
      "Invalid value: 'image_url'. Supported values are: 'text'.",
      'invalid_value',
    ],
    [
      'an image without an address',
      { messages: [user([{ type: 'image_url', image_url: { url: '' } }])] },
      'Expected a valid URL.',
      'invalid_image_url',
    ],
    [
      'a file without content',
      { model: 'gpt-5.5-2026-04-23', messages: [user([{ type: 'file', file: { filename: 'a.pdf' } }])] },
      "Missing required parameter: 'messages[0].content[0].file.file_id'.",
      'missing_required_parameter',
    ],
    [
      'a document for a model that reads none',
      {
        messages: [
          user([
            { type: 'text', text: 'Hi' },
            { type: 'file', file: { file_data: 'data:application/pdf' } },
          ]),
        ],
      },
      "Invalid value: 'file'. Supported values are: 'text', 'image_url', 'input_audio'.",
      'invalid_value',
    ],
    [
      'two calls of one id',
      { messages: [user('Hi'), calls('a', 'a'), tool('a')] },
      "Duplicate value for 'id' of 'a', in messages[1].tool_calls.",
      null,
    ],
    ['an empty list of calls', { messages: [user('Hi'), calls()] }, 'empty array', 'empty_array'],
    [
      'a call unanswered',
      { messages: [user('Hi'), calls('a', 'b'), tool('a')] },
      'did not have response messages: b',
      null,
    ],
    [
      'an answer too late',
      { messages: [user('Hi'), calls('a'), user('Well'), tool('a')] },
      'did not have response messages: a',
      null,
    ],
    [
      'an answer to nothing',
      { messages: [user('Hi'), tool('a')] },
      "must be a response to a preceeding message with 'tool_calls'",
      null,
    ],
    [
      'an answer given twice',
      { messages: [user('Hi'), calls('a'), tool('a'), tool('a')] },
      'must be a response to',
      null,
    ],
    [
      'a long call id',
      { messages: [user('Hi'), calls('x'.repeat(41)), tool('x'.repeat(41))] },
      'maximum length 40',
      'string_above_max_length',
    ],
  ])('refuse %s', async (_what, extra, message, code) => {
    const { status, json } = await post(extra);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(message), code },
    });
  });

  it.each<[string, Body]>([
    ['temperature of 1', { temperature: 1 }],
    ['calls without content', { messages: [user('Hi'), calls('a', 'b'), tool('b'), tool('a')] }],
    ['an empty tool result', { messages: [user('Hi'), calls('a'), { ...tool('a'), content: '' }] }],
    ['tools with a choice', { tools: TOOLS, tool_choice: 'auto', parallel_tool_calls: true }],
  ])('accept %s', async (_what, extra) => {
    expect((await post(extra)).json).toMatchObject({ object: 'chat.completion' });
  });

  it('send usage in a stream only on request', async () => {
    const without = await client.stream('openai-chat', 'Hello');
    const included = await client.stream('openai-chat', 'Hello', { stream_options: { include_usage: true } });
    expect(without.text).not.toContain('usage');
    expect(included.text).toContain('"usage":null');
    expect(included.text).toMatch(/"choices":\[\],"usage":\{"prompt_tokens":2,.*\n\ndata: \[DONE\]\n\n$/);
  });

  it('count reasoning tokens with reasoning', async () => {
    const { json } = await post({ reasoning_effort: 'low' });
    const details = (json as { usage: { completion_tokens_details: { reasoning_tokens: number } } }).usage;
    expect(details.completion_tokens_details.reasoning_tokens).toBeGreaterThan(5);
  });

  it('truncate the answer at max_completion_tokens', async () => {
    const choice = { finish_reason: 'length', message: { content: 'Turn 1. ' } };
    expect((await post({ max_completion_tokens: 2 })).json).toMatchObject({ choices: [choice] });
  });

  it('refuse a prompt that exceeds the context window', async () => {
    const { json } = await post({ messages: [user('x'.repeat(1_600_004))] });
    expect(json).toMatchObject({ error: { code: 'context_length_exceeded', param: 'messages' } });
  });
});
