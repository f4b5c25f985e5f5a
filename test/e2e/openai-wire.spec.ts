import { beforeEach, describe, expect, it } from '@jest/globals';
import { useTestServer } from './support/use-test-host.js';

const SONNET = 'duo-chat-sonnet-4-6';
const messages = [{ role: 'user', content: 'Hello' }];
const HEADERS = { authorization: 'Bearer a-key-of-anna-alone-1', 'content-type': 'application/json' };

describe('The routes for OpenAI clients', () => {
  const server = useTestServer({
    apiKeys: [{ owner: 'anna', key: 'a-key-of-anna-alone-1' }],
    timing: { heartbeatMs: 20, holdMs: 10 },
  });

  beforeEach(() => {
    server.sandbox.reset();
  });

  function send(body: unknown, headers: Record<string, string> = HEADERS): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body: text });
  }

  it.each<[string, number, string, () => Promise<Response>]>([
    ['a body that is not JSON', 400, 'validation_failed', () => send('{')],
    ['a body that is too large', 413, 'payload_too_large', () => send('x'.repeat(50_000_000))],
    ['another content type', 415, 'validation_failed', () => send('a=b', { ...HEADERS, 'content-type': 'text/plain' })],
    ['a missing key', 401, 'invalid_api_key', () => send({}, { 'content-type': 'application/json' })],
    ['a route that is not there', 404, 'not_found', () => fetch(`${server.url}/v1/nothing`, { headers: HEADERS })],
    ['an address that is not one', 400, 'validation_failed', () => fetch(`${server.url}/v1/%zz`, { headers: HEADERS })],
  ])("answer %s with an error in OpenAI's shape", async (_what, status, code, call) => {
    const response = await call();
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code },
    });
    expect(response.status).toBe(status);
  });

  it.each<[string, object, string]>([
    ['n', { n: 2 }, 'unsupported_value'],
    ['logprobs', { logprobs: true }, 'unsupported_value'],
    ['store', { store: true }, 'unsupported_value'],
    ['presence_penalty', { presence_penalty: 0.5 }, 'unsupported_value'],
    ['logit_bias', { logit_bias: { 50256: -100 } }, 'unsupported_value'],
    ['functions', { functions: [] }, 'unsupported_parameter'],
    ['top_k', { top_k: 4 }, 'unknown_parameter'],
    ['stream_options', { stream_options: { include_usage: true } }, 'invalid_value'],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      'unsupported_value',
    ],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] }, 'invalid_value'],
    ['tool_choice', { tool_choice: { type: 'function', function: { name: 'x' } } }, 'invalid_value'],
    ['model', { model: undefined }, 'missing_required_parameter'],
  ])('refuse what they cannot honour by name: %s', async (param, more, code) => {
    const response = await send({ model: SONNET, messages, ...more });
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param, code } });
    expect(response.status).toBe(400);
    expect(server.sandbox.calls.requests['anthropic-messages']).toBe(0);
  });

  it('send heartbeats as comments, and close right after [DONE]', async () => {
    server.sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 200 });
    const response = await send({ model: SONNET, messages, stream: true });
    const text = await response.text();
    expect(text).toContain('\n: heartbeat\n\n');
    expect(text).not.toMatch(/^event:/m);
    expect(text.endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')).toBe(true);
  });
});
