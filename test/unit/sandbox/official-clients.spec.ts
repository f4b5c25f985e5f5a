import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { createGitLab } from 'gitlab-ai-provider';
import { historyHash, type NeutralMessage, type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient } from './sandbox-client.js';

describe('Official clients of the vendors', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const history: NeutralMessage[] = [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Grüße!' },
    { role: 'assistant', text: 'Hello.' },
    { role: 'user', text: 'What is  new?' },
  ];
  const expected = `Turn 2. You said: "What is new?". History: ${historyHash(history)}.`;
  const said = history.slice(1).map(({ role, text }) => ({ role: role as 'user', content: text }));
  const chat = [{ role: 'system' as const, content: 'Be brief.' }, ...said];

  it('stream and get a whole answer from Anthropic', async () => {
    const body = { model: CLAUDE, max_tokens: 1000, system: 'Be brief.', messages: said };
    const streamed = await client.anthropic.messages.stream(body).finalMessage();
    const whole = await client.anthropic.messages.create(body);
    expect(streamed.content).toMatchObject([{ type: 'text', text: expected }]);
    expect(streamed.stop_reason).toBe('end_turn');
    expect(streamed.usage).toMatchObject({
      input_tokens: Math.ceil('Be brief.Grüße!Hello.What is  new?'.length / 4),
      output_tokens: Math.ceil(expected.length / 4),
    });
    expect(whole.content).toMatchObject([{ type: 'text', text: expected }]);
    expect(whole.usage.output_tokens).toBe(streamed.usage.output_tokens);
  });

  it("send Anthropic's beta query", async () => {
    const answer = await client.anthropic.beta.messages.create({ model: CLAUDE, max_tokens: 1000, messages: said });
    expect(answer.content).toHaveLength(1);
  });

  it('stream and get a whole answer from OpenAI Chat Completions', async () => {
    const body = { model: GPT_CHAT, messages: chat, stream_options: { include_usage: true } };
    const streamed = await client.openai.chat.completions.stream(body).finalChatCompletion();
    const whole = await client.openai.chat.completions.create({ model: GPT_CHAT, messages: chat });
    expect(streamed.choices).toMatchObject([{ message: { content: expected }, finish_reason: 'stop' }]);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.choices[0]?.message.content).toBe(expected);
  });

  it('stream and get a whole answer from OpenAI Responses', async () => {
    const body = { model: GPT_RESPONSES, instructions: 'Be brief.', input: said };
    const streamed = await client.openai.responses.stream(body).finalResponse();
    const whole = await client.openai.responses.create(body);
    expect(streamed.output_text).toBe(expected);
    expect(streamed.status).toBe('completed');
    expect(whole.output_text).toBe(expected);
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('receive the events of a response numbered without a gap', async () => {
    const stream = await client.openai.responses.create({ model: GPT_RESPONSES, input: 'Hello', stream: true });
    const numbers: number[] = [];
    for await (const event of stream) numbers.push(event.sequence_number);
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual(numbers.map((_number, index) => index));
  });

  it('receive a stream word by word', async () => {
    const words: string[] = [];
    const body = { model: CLAUDE, max_tokens: 1000, system: 'Be brief.', messages: said };
    const stream = client.anthropic.messages.stream(body);
    stream.on('text', (delta) => words.push(delta));
    await stream.done();
    expect(words.join('')).toBe(expected);
    expect(words).toHaveLength(expected.split(' ').length);
  });

  it('receive several words at once with a larger chunkSize', async () => {
    const coarse = await startSandbox({ chunkSize: 3 });
    const deltas: string[] = [];
    const stream = (await SandboxClient.connect(coarse)).anthropic.messages
      .stream({ model: CLAUDE, max_tokens: 1000, system: 'Be brief.', messages: said })
      .on('text', (delta) => deltas.push(delta));
    await stream.done();
    await coarse.close();
    expect(deltas.join('')).toBe(expected);
    expect(deltas).toHaveLength(Math.ceil(expected.split(' ').length / 3));
  });
});

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
