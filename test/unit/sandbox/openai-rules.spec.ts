import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, type Body, SandboxClient, tool } from './sandbox-client.js';

const user = (content: unknown) => ({ role: 'user', content });
const calls = (...ids: string[]) => ({
  role: 'assistant',
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'clock', arguments: '{}' } })),
});
const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';
const TOOLS = [{ type: 'function', function: { name: 'clock', parameters: { type: 'object', properties: {} } } }];

describe('Sandbox rules of OpenAI Chat Completions', () => {
  const tool = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'noon' });

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

const call = (id: string, extra: Body = {}) => ({
  type: 'function_call',
  call_id: id,
  name: 'clock',
  arguments: '{}',
  ...extra,
});
const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'noon' });
const thought = (extra: Body) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...extra });
const ENCRYPTED = { reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] };

describe('Sandbox rules of OpenAI Responses', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const post = (extra: Body) => client.post('openai-responses', ask('openai-responses', 'Hello', extra));

  it.each<[string, Body, string, string | null]>([
    ['temperature', { temperature: 1 }, "'temperature' is not supported with this model.", 'unsupported_parameter'],
    ['max_tokens', { max_tokens: 5 }, "Unknown parameter: 'max_tokens'.", 'unknown_parameter'],
    ['few tokens', { max_output_tokens: 5 }, 'Expected a value >= 16, but got 5 instead.', 'integer_below_min_value'],
    ['too many tokens', { max_output_tokens: 128_001 }, 'integer above maximum value', 'integer_above_max_value'],
    ['an unknown response', { previous_response_id: 'resp_1' }, "'resp_1' not found", 'previous_response_not_found'],
    ['no input', { input: undefined }, "Missing required parameter: 'input'.", 'missing_required_parameter'],
    ['an unknown item', { input: [{ type: 'toString' }] }, "Invalid value: 'toString'", 'invalid_value'],
    ['an unknown role', { input: [{ role: 'tool', content: 'Hi' }] }, "Invalid value: 'tool'", 'invalid_value'],
    ['empty content', { input: [user('')] }, "Invalid 'input[0].content': empty string.", 'empty_string'],
    ['an empty part', { input: [user([{ type: 'input_text', text: '' }])] }, 'empty string', 'empty_string'],
    [
      'input text of an assistant',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'A' }] }] },
      "Supported values are: 'output_text', 'refusal'.",
      'invalid_value',
    ],
    [
      'a document for a model that reads none',
      { model: 'gpt-5-codex', input: [user([{ type: 'input_file', file_url: 'https://example.com/a.pdf' }])] },
      "Invalid value: 'input_file'. Supported values are: 'input_text', 'input_image'.",
      'invalid_value',
    ],
    ['a call unanswered', { input: [user('Hi'), call('a')] }, 'No tool output found for function call a.', null],
    [
      'an output of nothing',
      { input: [user('Hi'), output('a')] },
      'No tool call found for function call output with call_id a.',
      null,
    ],
    ['an output before its call', { input: [user('Hi'), output('a'), call('a')] }, 'No tool call found', null],
    [
      'a wrong item id',
      { input: [user('Hi'), call('a', { id: 'call_1' }), output('a')] },
      "Expected an ID that begins with 'fc'.",
      'invalid_value',
    ],
    [
      'a long call id',
      { input: [user('Hi'), call('x'.repeat(65)), output('x'.repeat(65))] },
      'maximum length 64',
      'string_above_max_length',
    ],
    [
      'foreign reasoning',
      { input: [user('Hi'), thought({ encrypted_content: 'gAAAAAxyz' }), { role: 'assistant', content: 'A' }] },
      'could not be verified',
      'invalid_encrypted_content',
    ],
    [
      'an output of an assistant',
      { input: [user('Hi'), call('a'), { ...output('a'), output: [{ type: 'output_text', text: 'A' }] }] },
      "Supported values are: 'input_text', 'input_image', 'input_file'.",
      'invalid_value',
    ],
    [
      'an empty list for an output',
      { input: [user('Hi'), call('a'), { ...output('a'), output: [] }] },
      "Invalid 'input[2].output': empty array.",
      'empty_array',
    ],
    [
      'an image without content',
      { input: [user([{ type: 'input_image', detail: 'auto' }])] },
      "Missing required parameter: 'input[0].content[0].image_url'.",
      'missing_required_parameter',
    ],
    [
      'a file without content',
      { input: [user([{ type: 'input_file', filename: 'a.pdf' }])] },
      "Missing required parameter: 'input[0].content[0].file_data'.",
      'missing_required_parameter',
    ],
    [
      'an item that comes twice',
      { input: [user('Hi'), call('a', { id: 'fc_1' }), call('b', { id: 'fc_1' }), output('a'), output('b')] },
      'Duplicate item found with id fc_1.',
      null,
    ],
    ['a choice without tools', { tool_choice: 'required' }, "only allowed when 'tools' are specified", null],
  ])('refuse %s', async (_what, extra, message, code) => {
    const { status, json } = await post(extra);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(message), code },
    });
  });

  interface Output {
    output: { type: string; id: string; encrypted_content?: string }[];
  }

  const replay = ({ output: items }: Output, extra: Body = {}) =>
    post({ input: [user('Hello'), ...items, user('More')], ...extra });

  it('accept their own encrypted reasoning back only unchanged', async () => {
    const made = (await post({ ...ENCRYPTED, store: false })).json as Output;
    expect(made.output.map((item) => item.type)).toEqual(['reasoning', 'message']);
    expect((await replay(made, { store: false })).status).toBe(200);
    const altered = made.output.map((item) => ({
      ...item,
      encrypted_content: item.encrypted_content?.replace(/.$/, '!'),
    }));
    expect((await replay({ output: altered }, { store: false })).status).toBe(400);
  });

  it('find reasoning by its id only if it was stored', async () => {
    const stored = (await post({ reasoning: { effort: 'low' } })).json as Output;
    const passing = (await post({ reasoning: { effort: 'low' }, store: false })).json as Output;
    expect(stored.output[0]).not.toHaveProperty('encrypted_content');
    expect((await replay(stored)).status).toBe(200);
    const refused = await replay(passing);
    expect(refused.status).toBe(404);
    expect(refused.text).toContain('Items are not persisted when `store` is set to false.');
  });

  it('refuse reasoning without the item that followed it', async () => {
    const made = (await post(ENCRYPTED)).json as Output;
    const refused = await replay({ output: made.output.slice(0, 1) });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("of type 'reasoning' was provided without its required following item.");
  });

  // "For models like gpt-5.3-codex and beyond": `phase` of a message in OpenAI's API reference.
  it('mark each message with its phase, for models with phases', async () => {
    const tools = [tool('openai-responses', 'clock')];
    const said = (await post({ input: [user('Look.\ncall clock {}')], tools })).json;
    expect(said).toMatchObject({ output: [{ type: 'message', phase: 'commentary' }, { type: 'function_call' }] });
    expect((await post({})).json).toMatchObject({ output: [{ type: 'message', phase: 'final_answer' }] });
    const { text } = await client.stream('openai-responses', 'Hello');
    expect(text.match(/"phase":"final_answer"/g)).toHaveLength(3);
    expect((await post({ model: 'gpt-5.2-codex' })).text).not.toContain('phase');
  });

  it('accept a message after its reasoning back only with its phase', async () => {
    const { output: items } = (await post(ENCRYPTED)).json as Output;
    const withPhase = (phase: unknown) => replay({ output: items.map((item) => ({ ...item, phase })) });
    expect((await withPhase('final_answer')).status).toBe(200);
    for (const phase of [null, undefined, 'commentary']) {
      expect((await withPhase(phase)).text).toContain("was sent with the phase 'final_answer'");
    }
    expect((await withPhase('answer')).text).toContain("Supported values are: 'commentary', 'final_answer'.");
    const older = (await post({ ...ENCRYPTED, model: 'gpt-5.2-codex' })).json as Output;
    expect((await replay(older)).status).toBe(200);
  });

  it('keep ids within 64 characters', async () => {
    const made = (await post(ENCRYPTED)).json as Output;
    expect(Math.max(...made.output.map((item) => item.id.length))).toBeLessThanOrEqual(64);
  });

  it('summarise reasoning on request', async () => {
    const { text } = await client.stream('openai-responses', 'Hello', {
      reasoning: { effort: 'low', summary: 'auto' },
    });
    expect(text).toContain('event: response.reasoning_summary_text.delta\n');
    expect((await client.stream('openai-responses', 'Hello', ENCRYPTED)).text).not.toContain('reasoning_summary_text');
  });

  it('send an incomplete response at max_output_tokens', async () => {
    const long = 'x'.repeat(100);
    const body = ask('openai-responses', long, { max_output_tokens: 16 });
    const details = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect((await client.post('openai-responses', body)).json).toMatchObject(details);
    const streamed = await client.post('openai-responses', { ...body, stream: true });
    expect(streamed.text).toContain('event: response.incomplete\n');
    expect(streamed.text).not.toContain('event: response.completed\n');
  });
});
