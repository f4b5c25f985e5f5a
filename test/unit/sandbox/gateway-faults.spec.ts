import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import { type Sandbox, type SandboxApi, type SandboxFault, startSandbox } from '../../../src/sandbox/index.js';
import { ask, CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient, STOP_EVENT, tool } from './sandbox-client.js';

const APIS: SandboxApi[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const invalid = (message: string) => ({
  type: 'error',
  error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
});

describe('Sandbox gateway faults', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterEach(() => {
    sandbox.reset();
  });

  afterAll(() => sandbox.close());

  const hello = (api: SandboxApi = 'anthropic-messages') => client.post(api, ask(api, 'Hello'));

  const REPLIES: Partial<Record<SandboxFault, [status: number, body: unknown]>> = {
    'gateway-unauthorized': [401, { error: 'Forbidden by auth provider' }],
    'gateway-no-authorization': [401, { error: 'No authorization header presented' }],
    'gateway-header-mismatch': [401, { error: "Header mismatch 'X-Gitlab-Realm'" }],
    'gateway-unsupported-model': [400, { detail: 'Unsupported model' }],
    'gateway-invalid-json': [400, { detail: 'Invalid JSON' }],
    'gateway-missing-header': [400, { detail: 'Missing content-type header' }],
    'gateway-bad-request': [400, invalid('messages: Input should be a valid list')],
    'gateway-image-too-large': [400, invalid('image exceeds 5 MB maximum')],
    'gateway-context-decoy': [400, invalid('prompt is too long')],
    'gateway-context-overflow-by-output': [400, invalid('`max_tokens` exceed context limit: 190000 + 64000 > 200000')],
    'gateway-bad-max-tokens': [400, invalid('max_tokens: 999999 > 64000')],
    'gateway-context-overflow': [400, invalid('prompt is too long: 208310 tokens > 200000 maximum')],
    'gateway-insufficient-credits': [402, expect.objectContaining({ error_code: 'USAGE_QUOTA_EXCEEDED' })],
    'gateway-not-enabled': [402, { detail: 'Proxy endpoints are not enabled for this namespace' }],
    'gateway-not-entitled': [403, expect.objectContaining({ error_code: 'USAGE_QUOTA_NOT_ENTITLED' })],
    'gateway-forbidden': [403, { detail: expect.stringContaining('Unauthorized to access') }],
    'gateway-not-found': [404, { detail: 'Not found' }],
    'gateway-too-large': [413, { type: 'error', error: expect.objectContaining({ type: 'request_too_large' }) }],
    'gateway-unprocessable': [422, { detail: 'Validation error' }],
    'gateway-rate-limit': [429, { type: 'error', error: expect.objectContaining({ type: 'rate_limit_error' }) }],
    'gateway-bad-gateway': [502, { detail: 'Bad Gateway' }],
    'gateway-overloaded': [529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
  };

  it.each(Object.entries(REPLIES))('answer once with %s, then succeed', async (fault, [status, body]) => {
    sandbox.fault({ fault: fault as SandboxFault });
    const broken = await hello();
    expect(broken.status).toBe(status);
    expect(broken.json).toEqual(body);
    expect(broken.headers.get('retry-after')).toBeNull();
    expect((await hello()).status).toBe(200);
  });

  it('send an error without a body', async () => {
    sandbox.fault({ fault: 'gateway-internal-error' });
    expect(await hello()).toMatchObject({ status: 500, text: '' });
  });

  it.each([
    ['gateway-forbidden-page', 403],
    ['gateway-error-page', 502],
  ] as const)('send HTML for %s', async (fault, status) => {
    sandbox.fault({ fault });
    const broken = await hello();
    expect(broken.status).toBe(status);
    expect(broken.headers.get('content-type')).toContain('text/html');
    expect(broken.text).toMatch(/^<!DOCTYPE html>/);
  });

  it('send a rate limit of the edge with Retry-After', async () => {
    sandbox.fault({ fault: 'gateway-rate-limit-retry-after', retryAfter: 3 });
    const broken = await hello();
    expect([broken.status, broken.headers.get('retry-after')]).toEqual([429, '3']);
  });

  it.each([
    ['anthropic-messages', 529, `b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'`],
    ['openai-chat', 503, expect.stringMatching(/^b'\{"error":\{"message":"The server had an error/)],
    ['openai-responses', 503, expect.stringMatching(/^b'\{"error":\{"message":"The server had an error/)],
  ] as [SandboxApi, number, unknown][])(
    'wrap an error of %s into a Python bytes literal',
    async (api, status, message) => {
      sandbox.fault({ fault: 'gateway-wrapped-error' });
      const broken = await client.stream(api, 'Hello');
      expect([broken.status, broken.json]).toEqual([status, { message }]);
    },
  );

  it.each([
    [
      'gateway-wrapped-rate-limit',
      429,
      expect.stringMatching(/^b'\{"type":"error","error":\{"type":"rate_limit_error"/),
    ],
    // As Python prints these bytes.
    [
      'gateway-wrapped-bad-request',
      400,
      String.raw`b'{"type":"error","error":{"type":"invalid_request_error","message":"It\'s no \'tool\' \\\\ of \\"Troms\xc3\xb8\\" \xf0\x9f\x8e\x88\\nat all"}}'`,
    ],
    ['gateway-wrapped-context-overflow', 400, expect.stringContaining('prompt is too long')],
  ] as [SandboxFault, number, unknown][])('send a Python bytes literal for %s', async (fault, status, message) => {
    sandbox.fault({ fault });
    const broken = await client.stream('anthropic-messages', 'Hello');
    expect([broken.status, broken.json]).toEqual([status, { message }]);
  });

  it.each([
    ['openai-chat', 'gateway-bad-max-tokens', 'max_tokens is too large: 999999', 'invalid_value'],
    ['openai-chat', 'gateway-context-decoy', 'maximum context length exceeded', 'unknown_parameter'],
    ['openai-chat', 'gateway-image-too-large', 'the image exceeds the maximum size', 'image_too_large'],
    ['openai-chat', 'gateway-context-overflow-by-output', 'in the completion', 'context_length_exceeded'],
    ['openai-responses', 'gateway-bad-max-tokens', "Invalid 'max_output_tokens'", 'integer_above_max_value'],
    ['openai-responses', 'gateway-context-decoy', 'maximum context length exceeded', 'unknown_parameter'],
    ['openai-responses', 'gateway-context-overflow-by-output', 'exceeds the context window', 'context_length_exceeded'],
  ] as [SandboxApi, SandboxFault, string, string][])(
    'use the wording of %s for %s',
    async (api, fault, message, code) => {
      sandbox.fault({ fault });
      const { status, json } = await hello(api);
      expect(status).toBe(400);
      expect(json).toMatchObject({ error: { message: expect.stringContaining(message), code } });
    },
  );

  it('reject a token exactly twice', async () => {
    sandbox.fault({ fault: 'gateway-unauthorized-twice' });
    expect([(await hello()).status, (await hello()).status, (await hello()).status]).toEqual([401, 401, 200]);
  });

  it('redirect to another host, which records every request', async () => {
    sandbox.fault({ fault: 'gateway-redirect' });
    const init = { method: 'POST', headers: client.headers, body: JSON.stringify(ask('openai-chat', 'Secret')) };
    const redirect = await fetch(client.url('openai-chat'), { ...init, redirect: 'manual' });
    expect(redirect.status).toBe(307);
    const location = String(redirect.headers.get('location'));
    expect(new URL(location).host).not.toBe(new URL(sandbox.url).host);
    expect(sandbox.calls.strayRequests).toEqual([]);
    expect((await fetch(location, init)).status).toBe(404);
    expect(sandbox.calls.strayRequests).toMatchObject([
      {
        method: 'POST',
        url: '/ai/v1/proxy/openai/v1/chat/completions',
        headers: { authorization: client.headers.authorization },
        body: { messages: [{ content: 'Secret' }] },
      },
    ]);
    sandbox.reset();
    expect(sandbox.calls.strayRequests).toEqual([]);
  });

  it.each(APIS)('use the wording of %s for a context overflow', async (api) => {
    const WORDS: Record<SandboxApi, string> = {
      'anthropic-messages': 'prompt is too long: ',
      'openai-chat': "This model's maximum context length is 200000 tokens.",
      'openai-responses': 'Your input exceeds the context window of this model.',
    };
    sandbox.fault({ fault: 'gateway-context-overflow' });
    const broken = await hello(api);
    expect(broken.status).toBe(400);
    expect(broken.text).toContain(WORDS[api]);
  });

  it('hit only the API of their plan', async () => {
    sandbox.fault({ fault: 'gateway-overloaded', api: 'openai-chat' });
    expect((await hello('anthropic-messages')).status).toBe(200);
    expect((await hello('openai-responses')).status).toBe(200);
    expect((await hello('openai-chat')).status).toBe(503);
    expect((await hello('openai-chat')).status).toBe(200);
  });

  it('refuse every request until a reset', async () => {
    sandbox.fault({ fault: 'gateway-unauthorized', times: 0 });
    expect([(await hello()).status, (await hello()).status]).toEqual([401, 401]);
    sandbox.reset();
    expect((await hello()).status).toBe(200);
  });

  it('reset the socket', async () => {
    sandbox.fault({ fault: 'gateway-reset' });
    await expect(hello()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('hang', async () => {
    sandbox.fault({ fault: 'gateway-hang' });
    const init = { method: 'POST', headers: client.headers, signal: AbortSignal.timeout(100) };
    await expect(fetch(client.url('openai-chat'), init)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it.each([
    ['answer-refusal', 'refusal', 1],
    ['answer-pause-turn', 'pause_turn', 2],
    ['answer-empty', 'end_turn', 0],
    ['answer-max-tokens', 'max_tokens', 1],
    ['answer-context-window', 'model_context_window_exceeded', 1],
  ] as const)('use the ending of %s', async (fault, reason, blocks) => {
    sandbox.fault({ fault });
    const { json } = await hello();
    expect(json).toMatchObject({ stop_reason: reason });
    expect((json as { content: unknown[] }).content).toHaveLength(blocks);
  });

  // `RefusalStopDetails` in Anthropic's API reference.
  it('send details only with a refusal', async () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'The request could enable cyber harm.' };
    sandbox.fault({ fault: 'answer-refusal', times: 2 });
    expect((await hello()).json).toMatchObject({ stop_details: details });
    const refused = await client.stream('anthropic-messages', 'Hello');
    expect(refused.text).toContain(`"stop_details":${JSON.stringify(details)}`);
    expect((await hello()).json).toMatchObject({ stop_details: null });
    expect((await client.stream('anthropic-messages', 'Hello')).text).toContain('"stop_details":null}');
  });
});

/** A piece of a tool call, as an event has it. */
interface Piece {
  call: number;
  name?: string;
  json?: string;
}

describe('Sandbox tool call faults', () => {
  const PROMPT = 'call weather {"city":"Tromsø","days":3}\ncall clock {"zone":"Europe/Oslo"}';

  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterEach(() => {
    sandbox.reset();
  });

  afterAll(() => sandbox.close());

  const stream = async (api: SandboxApi, fault: SandboxFault) => {
    sandbox.fault({ fault });
    const { text } = await client.stream(api, PROMPT, { tools: [tool(api, 'weather'), tool(api, 'clock')] });
    return { text, pieces: piecesOf(text) };
  };

  function piecesOf(text: string): Piece[] {
    return text.split('\n\n').flatMap((event): Piece[] => {
      const index = Number(/"(?:output_index|index)":(\d+)(?!.*"tool_calls")/.exec(event)?.[1]);
      const chat = /"tool_calls":\[\{"index":(\d+)/.exec(event)?.[1];
      const name = /"name":"(\w+)"/.exec(event)?.[1];
      const json = /"(?:partial_json|arguments|delta)":("(?:[^"\\]|\\.)*")/.exec(event)?.[1];
      const isPiece = chat ?? /content_block_(start|delta)|output_item\.added|arguments\.delta/.exec(event);
      if (isPiece == null) return [];
      return [{ call: Number(chat ?? index), name, json: json && (JSON.parse(json) as string) }];
    });
  }

  const jsonOf = (pieces: Piece[], call: number) =>
    pieces.map((piece) => (piece.call === call ? (piece.json ?? '') : '')).join('');

  it.each(APIS)('interleave two calls of %s', async (api) => {
    const { text, pieces } = await stream(api, 'stream-interleaved-calls');
    const turns = pieces.filter(({ json }) => json !== undefined && json !== '').map(({ call }) => call);
    expect(turns.slice(0, 4).toSorted()).toEqual([0, 0, 1, 1]);
    expect(new Set(turns.slice(0, 2)).size).toBe(2);
    expect([0, 1].map((call) => JSON.parse(jsonOf(pieces, call)) as unknown)).toEqual([
      { city: 'Tromsø', days: 3 },
      { zone: 'Europe/Oslo' },
    ]);
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it.each(APIS)('delay the tool name of %s only if the API allows it', async (api) => {
    const { pieces } = await stream(api, 'stream-late-tool-name');
    const isLate = api === 'openai-chat';
    for (const [call, name] of ['weather', 'clock'].entries()) {
      const own = pieces.filter((piece) => piece.call === call);
      expect(own.filter((piece) => piece.name !== undefined).map((piece) => piece.name)).toEqual([name]);
      const before = own.slice(
        0,
        own.findIndex((piece) => piece.name !== undefined),
      );
      expect(before.some(({ json }) => json !== undefined && json !== '')).toBe(isLate);
      expect(JSON.parse(jsonOf(own, call))).toBeInstanceOf(Object);
    }
  });

  it.each([
    ['anthropic-messages', '"stop_reason":"max_tokens"'],
    ['openai-chat', '"finish_reason":"length"'],
    ['openai-responses', '"incomplete_details":{"reason":"max_output_tokens"}'],
  ] as [SandboxApi, string][])('stop %s inside the last call', async (api, reason) => {
    const { text, pieces } = await stream(api, 'answer-max-tokens-in-tool');
    expect(text).toContain(reason);
    expect(JSON.parse(jsonOf(pieces, 0))).toEqual({ city: 'Tromsø', days: 3 });
    expect(jsonOf(pieces, 1)).toBe('{"zone":"Eu');
  });

  it.each([
    ['anthropic-messages', '"stop_reason":"tool_use"'],
    ['openai-chat', '"finish_reason":"tool_calls"'],
    ['openai-responses', '"status":"completed"'],
  ] as [SandboxApi, string][])('end %s with a last call that is not JSON', async (api, reason) => {
    const { text, pieces } = await stream(api, 'answer-malformed-tool-call');
    expect(text).toContain(reason);
    expect(text).toContain(STOP_EVENT[api]);
    expect(JSON.parse(jsonOf(pieces, 0))).toEqual({ city: 'Tromsø', days: 3 });
    expect(jsonOf(pieces, 1)).toBe('{"zone":"Eu');
  });

  it.each(APIS)('make %s call with 1 MB of JSON in 20,000 deltas', async (api) => {
    const { pieces } = await stream(api, 'answer-huge-tool-call');
    const json = jsonOf(pieces, 0);
    expect(json).toHaveLength(1_000_000);
    expect(JSON.parse(json)).toMatchObject({ city: 'Tromsø', days: 3 });
    expect(pieces.filter((piece) => piece.json !== undefined && piece.json !== '')).toHaveLength(20_000);
  });

  it('call with 1 MB of JSON for any prompt', async () => {
    sandbox.fault({ fault: 'answer-huge-tool-call' });
    const { json } = await client.post('anthropic-messages', {
      model: CLAUDE,
      max_tokens: 100,
      tools: [tool('anthropic-messages', 'clock')],
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(json).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'text' }, { name: 'clock' }] });
  });

  it('do not break official clients if they are harmless', async () => {
    const whole = ['stream-interleaved-calls', 'stream-late-tool-name', 'stream-gzip'] as const;
    const messages = [{ role: 'user' as const, content: PROMPT }];
    for (const fault of [...whole, 'stream-multi-line-data', 'answer-huge-tool-call'] as const) {
      sandbox.fault({ fault, times: 3 });
      const tools = (api: SandboxApi) => ['weather', 'clock'].map((name) => tool(api, name)) as never;
      const claude = await client.anthropic.messages
        .stream({ model: CLAUDE, max_tokens: 1000, messages, tools: tools('anthropic-messages') })
        .finalMessage();
      expect(claude.content[0]).toMatchObject({ name: 'weather', input: { city: 'Tromsø' } });
      const response = await client.openai.responses
        .stream({ model: GPT_RESPONSES, input: messages, tools: tools('openai-responses') })
        .finalResponse();
      expect(response.output[0]).toMatchObject({ name: 'weather' });
      const chat = client.openai.chat.completions.stream({ model: GPT_CHAT, messages, tools: tools('openai-chat') });
      const [choice] = (await chat.finalChatCompletion()).choices;
      expect(choice?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } });
    }
  });
});

const schema = { type: 'object' as const, properties: {} };

describe('Sandbox tool calls', () => {
  const PROMPT = 'Please do this:\ncall weather {"city": "Tromsø"}\n  call clock {}';

  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  it('are made, answered and quoted on Anthropic', async () => {
    const tools = ['weather', 'clock'].map((name) => ({ name, input_schema: schema }));
    const question = { role: 'user' as const, content: PROMPT };
    const body = { model: CLAUDE, max_tokens: 2000, tools, messages: [question] };
    const called = await client.anthropic.messages.stream(body).finalMessage();
    expect(called.stop_reason).toBe('tool_use');
    const [text, weather, clock] = called.content;
    expect(text).toMatchObject({ type: 'text', text: 'Calling weather, clock.' });
    expect(weather).toMatchObject({ type: 'tool_use', name: 'weather', input: { city: 'Tromsø' } });
    expect(clock).toMatchObject({ type: 'tool_use', name: 'clock', input: {} });
    const results = [weather, clock].map((call) => ({
      type: 'tool_result' as const,
      tool_use_id: call?.type === 'tool_use' ? call.id : '',
      content: 'Fine.',
    }));
    const messages = [
      question,
      { role: 'assistant' as const, content: called.content },
      { role: 'user' as const, content: results },
    ];
    const answer = await client.anthropic.messages.create({ ...body, messages });
    expect(answer.content).toMatchObject([
      { text: expect.stringMatching(/^The tools said: "Fine\.", "Fine\."\. Turn 1\. /) },
    ]);
  });

  it('are made, answered and quoted on OpenAI Chat Completions', async () => {
    const tools = ['weather', 'clock'].map((name) => ({
      type: 'function' as const,
      function: { name, parameters: schema },
    }));
    const question = { role: 'user' as const, content: PROMPT };
    const body = { model: GPT_CHAT, tools, messages: [question] };
    const called = await client.openai.chat.completions.stream(body).finalChatCompletion();
    expect(called.choices).toMatchObject([{ finish_reason: 'tool_calls' }]);
    const messages = called.choices.map((choice) => choice.message);
    const calls = messages.flatMap((message) => message.tool_calls ?? []);
    expect(calls.map((call) => call.type === 'function' && call.function)).toMatchObject([
      { name: 'weather', arguments: '{"city":"Tromsø"}' },
      { name: 'clock', arguments: '{}' },
    ]);
    const results = calls.map((call) => ({ role: 'tool' as const, tool_call_id: call.id, content: 'Fine.' }));
    const answer = await client.openai.chat.completions.create({
      ...body,
      messages: [question, ...messages, ...results],
    });
    expect(answer.choices[0]?.message.content).toMatch(/^The tools said: "Fine\.", "Fine\."\. Turn 1\. /);
  });

  it('are made, answered and quoted on OpenAI Responses', async () => {
    const tools = ['weather', 'clock'].map((name) => ({
      type: 'function' as const,
      name,
      parameters: schema,
      strict: false,
    }));
    const question = { role: 'user' as const, content: PROMPT };
    const body = { model: GPT_RESPONSES, tools, reasoning: { effort: 'low' as const } };
    const include = ['reasoning.encrypted_content' as const];
    const called = await client.openai.responses
      .stream({ ...body, input: [question], include, store: false })
      .finalResponse();
    expect(called.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call', 'function_call']);
    const calls = called.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    expect(calls).toMatchObject([
      { name: 'weather', arguments: '{"city":"Tromsø"}' },
      { name: 'clock', arguments: '{}' },
    ]);
    const results = calls.map((call) => ({
      type: 'function_call_output' as const,
      call_id: call.call_id,
      output: 'Fine.',
    }));
    const input = [question, ...called.output, ...results] as OpenAI.Responses.ResponseInput;
    const answer = await client.openai.responses.create({ ...body, input });
    expect(answer.output_text).toMatch(/^The tools said: "Fine\.", "Fine\."\. Turn 1\. /);
  });

  const tools = [{ name: 'clock', input_schema: schema }];
  const messages = [{ role: 'user' as const, content: 'call clock {"zone":"UTC"}' }];
  const create = (extra: object) =>
    client.anthropic.messages.create({ model: CLAUDE, max_tokens: 2000, messages, ...extra });

  it('come without text if the prompt has only call lines', async () => {
    expect((await create({ tools })).content).toMatchObject([{ type: 'tool_use', input: { zone: 'UTC' } }]);
  });

  it.each([[{}], [{ tools, tool_choice: { type: 'none' } }]])('are not made with %j', async (extra) => {
    expect((await create(extra)).stop_reason).toBe('end_turn');
  });

  it.each([[{ type: 'any' }], [{ type: 'tool', name: 'clock' }]])('are always made with %j', async (choice) => {
    const answer = await create({ tools, tool_choice: choice, messages: [{ role: 'user', content: 'Hello' }] });
    expect(answer.content).toMatchObject([{ type: 'tool_use', name: 'clock', input: {} }]);
  });
});
