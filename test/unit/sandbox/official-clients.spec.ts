import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

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
