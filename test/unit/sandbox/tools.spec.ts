import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';

import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { CLAUDE, GPT_CHAT, GPT_RESPONSES, SandboxClient } from './sandbox-client.js';

const PROMPT = 'Please do this:\ncall weather {"city": "Tromsø"}\n  call clock {}';
const schema = { type: 'object' as const, properties: {} };

describe('Sandbox tool calls', () => {
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
