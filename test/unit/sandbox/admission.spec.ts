import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { ask, answered, GPT_CHAT, SandboxClient } from './sandbox-client.js';

describe('Sandbox gateway admission', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const body = ask('anthropic-messages', 'Hello');

  it.each([
    'ai/v1/proxy/anthropic/v1/messages',
    'ai/v1/proxy/anthropic/v1/messages?beta=true',
    'v1/proxy/anthropic/v1/messages',
  ])('serves /%s', async (path) => {
    const init = { method: 'POST', headers: client.headers, body: JSON.stringify(body) };
    expect((await fetch(`${sandbox.url}/${path}`, init)).status).toBe(200);
  });

  it.each([
    'ai/v1/proxy/anthropic/v1/messages/',
    'ai/v1/proxy//anthropic/v1/messages',
    '/ai/v1/proxy/anthropic/v1/messages',
    'ai/v1/proxy/anthropic/v1/messages?beta=1',
    'ai/v1/proxy/openai/v1/chat/completions?beta=true',
    'ai/v1/proxy/openai/v1/models',
  ])('answers 404 at /%s', async (path) => {
    const init = { method: 'POST', headers: client.headers, body: JSON.stringify(body) };
    const response = await fetch(`${sandbox.url}/${path}`, init);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ detail: 'Not found' });
  });

  it('accepts only POST', async () => {
    expect((await fetch(client.url('anthropic-messages'), { headers: client.headers })).status).toBe(404);
  });

  it.each([
    ['authorization', undefined, 401, { error: 'No authorization header presented' }],
    ['authorization', 'Bearer eyJ.eyJ.x', 401, { error: 'Forbidden by auth provider' }],
    ['x-gitlab-realm', undefined, 401, { error: "Header mismatch 'X-Gitlab-Realm'" }],
    ['x-gitlab-realm', 'saas', 401, { error: "Header mismatch 'X-Gitlab-Realm'" }],
    ['x-gitlab-user-id', undefined, 401, { error: "Header mismatch 'X-Gitlab-User-Id'" }],
    ['x-api-key', 'never-forward-this', 400, { detail: 'Unexpected x-api-key header' }],
    ['content-type', 'text/plain', 400, { detail: 'Missing content-type header' }],
    ['anthropic-version', undefined, 400, { detail: 'Missing anthropic-version header' }],
  ])('refuses %s: %s', async (name, value, status, expected) => {
    const headers: Record<string, string> = { ...client.headers };
    if (value === undefined) Reflect.deleteProperty(headers, name);
    else headers[name] = value;
    const answer = await client.post('anthropic-messages', body, headers);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual(expected);
  });

  it('refuses a body that is not JSON', async () => {
    const init = { method: 'POST', headers: client.headers, body: '{"model":' };
    const answer = await answered(await fetch(client.url('openai-chat'), init));
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Invalid JSON' }]);
  });

  it('refuses a lone surrogate', async () => {
    const answer = await client.post('openai-chat', ask('openai-chat', 'A lone \ud83d'));
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Invalid JSON' }]);
  });

  it('refuses a body past 32 MB', async () => {
    const answer = await client.post('openai-chat', ask('openai-chat', 'x'.repeat(32 * 1024 * 1024)));
    expect(answer.status).toBe(413);
    expect(answer.json).toMatchObject({ error: { type: 'request_too_large' } });
  });

  it.each([['duo-chat-sonnet-4-6'], [GPT_CHAT], [undefined]])('refuses the model %s on Messages', async (model) => {
    const answer = await client.post('anthropic-messages', { ...body, model });
    expect([answer.status, answer.json]).toEqual([400, { detail: 'Unsupported model' }]);
  });

  it('refuses a token as soon as it is revoked or expires', async () => {
    const other = await SandboxClient.connect(sandbox);
    expect((await other.post('anthropic-messages', body)).status).toBe(200);
    sandbox.fault({ fault: 'revoke-tokens' });
    expect((await other.post('anthropic-messages', body)).status).toBe(401);
    sandbox.fault({ fault: 'exchange-short-lived', expiresInSeconds: 1 });
    const brief = await SandboxClient.connect(sandbox);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await brief.post('anthropic-messages', body)).json).toEqual({ error: 'Forbidden by auth provider' });
    client = await SandboxClient.connect(sandbox);
  });
});
