import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, type SandboxApi, type SandboxFault, startSandbox } from '../../../src/sandbox/index.js';
import { ask, SandboxClient } from './sandbox-client.js';

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
