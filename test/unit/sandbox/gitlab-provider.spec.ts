import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { createGitLab } from 'gitlab-ai-provider';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';

describe("GitLab's own provider for the AI SDK", () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox();
  });

  beforeEach(() => {
    sandbox.reset();
    // This provider takes no header that is not a string, and knows x-api-key in small letters only.
    sandbox.fault({ fault: 'exchange-plain-headers', times: 0 });
  });

  afterAll(() => sandbox.close());

  const model = (id: string) => {
    const gitlab = createGitLab({ instanceUrl: sandbox.url, aiGatewayUrl: sandbox.url, apiKey: 'glpat-any' });
    return gitlab.agenticChat(id);
  };

  const weather = tool({
    description: 'The weather',
    inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
    execute: ({ city }) => `Rain in ${city}`,
  });

  const MODELS = ['duo-chat-sonnet-4-6', 'duo-chat-haiku-4-5', 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'];

  it.each(MODELS)('gets a whole answer from %s', async (id) => {
    const { text } = await generateText({ model: model(id), prompt: 'Hello', maxRetries: 0 });
    expect(text).toMatch(/^Turn 1\. You said: "Hello"\. History: [0-9a-f]{12}\.$/);
  });

  it.each(MODELS)('streams, calls a tool and continues with %s', async (id) => {
    const { stream, text } = streamText({
      model: model(id),
      prompt: 'call weather {"city":"Oslo"}',
      tools: { weather },
      stopWhen: stepCountIs(2),
      maxRetries: 0,
    });
    const types: string[] = [];
    for await (const part of stream) types.push(part.type);
    expect(types).toEqual(expect.arrayContaining(['tool-call', 'tool-result', 'text-delta', 'finish']));
    expect(await text).toMatch(/^The tools said: "Rain in Oslo"\. Turn 1\. /);
  });

  it('renews a token that was revoked between two turns', async () => {
    const claude = model('duo-chat-sonnet-4-6');
    await generateText({ model: claude, prompt: 'One', maxRetries: 0 });
    sandbox.fault({ fault: 'revoke-tokens' });
    await generateText({ model: claude, prompt: 'Two', maxRetries: 0 });
    expect(sandbox.calls).toMatchObject({ exchanges: 2, requests: { 'anthropic-messages': 3 } });
  });

  it('makes an exchange for each of 50 concurrent callers', async () => {
    const claude = model('duo-chat-sonnet-4-6');
    const asked = Array.from({ length: 50 }, () => generateText({ model: claude, prompt: 'Hello', maxRetries: 0 }));
    await Promise.all(asked);
    expect(sandbox.calls.exchanges).toBe(50);
  });

  it('follows a redirect with the prompt, but without credentials', async () => {
    sandbox.fault({ fault: 'gateway-redirect' });
    await expect(generateText({ model: model('duo-chat-gpt-5-1'), prompt: 'Secret', maxRetries: 0 })).rejects.toThrow();
    const [stray] = sandbox.calls.strayRequests;
    expect(JSON.stringify(stray?.body)).toContain('Secret');
    expect(stray?.headers).not.toHaveProperty('authorization');
  });
});
