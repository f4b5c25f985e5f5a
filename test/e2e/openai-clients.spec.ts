import { beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import OpenAI6 from 'openai-6';
import { type DataSource } from 'typeorm';
import { z } from 'zod';
import { imagePart } from '../sample-files.js';
import { until } from './support/until.js';
import { useTestServer } from './support/use-test-host.js';

const SONNET = 'duo-chat-sonnet-4-6';
const MODELS = [SONNET, 'duo-chat-gpt-5-1', 'duo-chat-gpt-5-6-sol'];
const CLIENTS = [
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI],
] as const;

const anna = { owner: 'anna', key: 'a-key-of-anna-alone-1' };
const bert = { owner: 'bert', key: 'a-key-of-bert-alone-1' };

const weather = (name: string): OpenAI.ChatCompletionFunctionTool => ({
  type: 'function',
  function: {
    name,
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
});
/** Both are deprecated in the client, and many still send them. */
const cachedAs: object = { seed: 7, user: 'u' };
const bothCalls = 'call weather {"city":"Rome"}\ncall tides {"city":"Nice"}';

describe.each(CLIENTS)('A client of %s', (_name, Client) => {
  const server = useTestServer({ apiKeys: [anna, bert], tries: 2 });
  let client: OpenAI;

  const clientWith = (apiKey: string): OpenAI => new Client({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });

  beforeEach(() => {
    server.sandbox.reset();
    client = clientWith(anna.key);
  });

  it.each(MODELS)('receives an answer of %s with its usage', async (model) => {
    const answer = await client.chat.completions.create({
      model,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    });
    expect(answer.choices).toMatchObject([{ index: 0, finish_reason: 'stop' }]);
    expect(answer.choices[0]?.message.content).toMatch(/^Turn 1\. You said: "Hello"/);
    expect(answer.model).toBe(model);
    const { usage } = answer;
    expect(usage?.prompt_tokens).toBeGreaterThan(0);
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  it.each(MODELS)('streams an answer of %s to its end, with the usage last', async (model) => {
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toMatch(/^Turn 1\. You said: "Hello"/);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it.each(MODELS)('runs two calls of %s at once, and gives their results back', async (model) => {
    const tools = [weather('weather'), weather('tides')];
    const question: OpenAI.ChatCompletionMessageParam = { role: 'user', content: bothCalls };
    const asked = await client.chat.completions.stream({ model, messages: [question], tools }).finalChatCompletion();
    const [choice] = asked.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const calls = (choice?.message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(calls.map(({ function: { name, arguments: json } }) => [name, JSON.parse(json) as unknown])).toEqual([
      ['weather', { city: 'Rome' }],
      ['tides', { city: 'Nice' }],
    ]);
    const results = calls.map(({ id, function: { name } }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `${name} is fine`,
    }));
    const answer = await client.chat.completions.create({
      model,
      messages: [question, { role: 'assistant', content: null, tool_calls: calls }, ...results],
      tools,
    });
    expect(answer.choices[0]?.message.content).toMatch(/^The tools said: "weather is fine", "tides is fine"\./);
  });

  it('forces a call by tool_choice, and forbids calls by it', async () => {
    const ask = (tool_choice: OpenAI.ChatCompletionToolChoiceOption): Promise<OpenAI.ChatCompletion> =>
      client.chat.completions.create({
        model: SONNET,
        messages: [{ role: 'user', content: 'Hello' }],
        tools: [weather('weather'), weather('tides')],
        tool_choice,
      });
    const forced = await ask({ type: 'function', function: { name: 'tides' } });
    expect(forced.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'tides' } }]);
    const required = await ask('required');
    expect(required.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'weather' } }]);
    const none = await ask('none');
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
  });

  it.each(MODELS)('parses an answer of %s that matches its schema', async (model) => {
    const Place = z.object({ city: z.string(), people: z.number() });
    const answer = await client.chat.completions.parse({
      model,
      messages: [{ role: 'user', content: 'Where?' }],
      response_format: zodResponseFormat(Place, 'place'),
    });
    expect(Place.safeParse(answer.choices[0]?.message.parsed).success).toBe(true);
  });

  it.each(MODELS)('receives a JSON object of %s without a schema', async (model) => {
    const answer = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Where?' }],
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({});
  });

  it.each(MODELS)('sends %s an image by its data and by its URL', async (model) => {
    const answer = await client.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${imagePart().data}` } },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png', detail: 'low' } },
          ],
        },
      ],
    });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(JSON.stringify(server.sandbox.calls.lastRequests)).toContain('https://example.com/cat.png');
  });

  it.each(MODELS)('ends an answer of %s before a stop text, streamed or not', async (model) => {
    const body = { model, messages: [{ role: 'user' as const, content: 'Hello' }], stop: ['said: "He', 'History'] };
    const answer = await client.chat.completions.create(body);
    expect(answer.choices).toMatchObject([{ finish_reason: 'stop', message: { content: 'Turn 1. You ' } }]);
    const streamed = await client.chat.completions.stream(body).finalChatCompletion();
    expect(streamed.choices).toMatchObject([{ finish_reason: 'stop', message: { content: 'Turn 1. You ' } }]);
  });

  it('learns by the finish reason that max_tokens cut an answer', async () => {
    const answer = await client.chat.completions.create({
      model: SONNET,
      messages: [{ role: 'user', content: 'Hello' }],
      max_completion_tokens: 3,
    });
    expect(answer.choices[0]?.finish_reason).toBe('length');
  });

  it('reads a refusal in the content', async () => {
    server.sandbox.fault({ fault: 'answer-refusal' });
    const answer = await client.chat.completions.create({ model: SONNET, messages: [{ role: 'user', content: 'No' }] });
    expect(answer.choices[0]?.message.content).not.toBe('');
    expect(answer.choices[0]?.finish_reason).toBe('content_filter');
  });

  it('lists the models and finds one', async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(expect.arrayContaining(MODELS));
    expect(await client.models.retrieve(SONNET)).toMatchObject({ id: SONNET, object: 'model', owned_by: 'anthropic' });
    await expect(client.models.retrieve('gpt-4')).rejects.toBeInstanceOf(Client.NotFoundError);
  });

  it('receives errors of the right class', async () => {
    const ask = (
      more: object,
      { messages = [{ role: 'user' as const, content: 'Hi' }], from = client } = {},
    ): Promise<unknown> => from.chat.completions.create({ model: SONNET, messages, ...more });
    await expect(ask({}, { from: clientWith('no-key-of-this-server') })).rejects.toMatchObject({
      constructor: Client.AuthenticationError,
      code: 'invalid_api_key',
    });
    await expect(ask({ model: 'gpt-4' })).rejects.toMatchObject({
      constructor: Client.NotFoundError,
      code: 'model_not_found',
      param: 'model',
    });
    await expect(ask({ n: 2 })).rejects.toMatchObject({ constructor: Client.BadRequestError, param: 'n' });
    server.sandbox.fault({ fault: 'gateway-rate-limit', times: 2 });
    await expect(ask({})).rejects.toMatchObject({
      constructor: Client.RateLimitError,
      code: 'rate_limit_exceeded',
    });
    server.sandbox.fault({ fault: 'gateway-context-overflow' });
    await expect(ask({})).rejects.toMatchObject({
      constructor: Client.BadRequestError,
      code: 'context_length_exceeded',
    });
    server.sandbox.fault({ fault: 'gateway-internal-error', times: 2 });
    await expect(ask({ stream: true })).rejects.toMatchObject({
      constructor: Client.InternalServerError,
      type: 'server_error',
    });
  });

  it.each(MODELS)('receives an error in a stream of %s that breaks after a text', async (model) => {
    server.sandbox.fault({ fault: 'stream-cut' });
    const stream = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })();
    await expect(reading).rejects.toBeInstanceOf(Client.APIError);
    expect(text).not.toBe('');
    // Another try could not take back what was read.
    const { requests } = server.sandbox.calls;
    expect(Object.values(requests).reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('finds what it cost in the usage of its owner', async () => {
    const { usage } = await client.chat.completions.create({
      model: SONNET,
      messages: [{ role: 'user', content: 'What does it cost?' }],
    });
    const from = new Date(Date.now() - 60_000);
    await until(async () => (await server.chats.usageOf({ ownerId: 'anna', from })).pendingAttempts === 0);
    const rows = await attemptsOf(server.database, 'anna');
    expect(rows.at(-1)).toMatchObject({ status: 'succeeded', output_tokens: usage?.completion_tokens });
    const report = await server.chats.usageOf({ ownerId: 'anna' });
    expect(report.attempts).toBe(rows.length);
  });

  it('learns which parameters were left out', async () => {
    const { response } = await client.chat.completions
      .create({
        ...cachedAs,
        model: 'duo-chat-opus-4-8',
        messages: [{ role: 'user', content: 'Hello' }],
        temperature: 0.2,
        store: false,
        metadata: { a: 'b' },
        frequency_penalty: 0,
      })
      .withResponse();
    expect(response.headers.get('x-ignored-params')?.split(', ').sort()).toEqual(
      ['frequency_penalty', 'metadata', 'seed', 'store', 'temperature', 'user'].sort(),
    );
  });
});

describe('A client that streams a long answer', () => {
  const server = useTestServer({ apiKeys: [anna, bert], limits: { ownerRuns: 1 }, chunkDelayMs: 20 });
  let client: OpenAI;

  const clientWith = (apiKey: string): OpenAI => new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });

  beforeEach(() => {
    server.sandbox.reset();
    client = clientWith(anna.key);
  });

  it('cancels its request by leaving, which the ledger of its owner shows', async () => {
    const before = await attemptsOf(server.database, 'anna');
    const stream = await client.chat.completions.create({
      model: SONNET,
      messages: [{ role: 'user', content: 'Tell me a story' }],
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    await until(async () => (await attemptsOf(server.database, 'anna')).at(-1)?.status !== 'pending');
    const [last, ...more] = (await attemptsOf(server.database, 'anna')).slice(before.length);
    expect(more).toEqual([]);
    expect(last).toMatchObject({ status: 'unknown', run_id: null, chat_id: null, model: SONNET });
  });

  it('is refused beyond as many requests as its owner may have at once', async () => {
    const body = { model: SONNET, messages: [{ role: 'user' as const, content: 'Tell me a story' }] };
    const stream = await client.chat.completions.create({ ...body, stream: true });
    await expect(client.chat.completions.create(body)).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(
      clientWith(bert.key).chat.completions.create({ ...body, messages: [{ role: 'user', content: 'Hello' }] }),
    ).resolves.toBeDefined();
    stream.controller.abort();
    await until(async () => (await attemptsOf(server.database, 'anna')).at(-1)?.status !== 'pending');
  });
});

function attemptsOf(database: DataSource, owner: string): Promise<Record<string, unknown>[]> {
  return database.query('SELECT * FROM duo_attempts WHERE owner_id = $1 ORDER BY id', [owner]);
}
