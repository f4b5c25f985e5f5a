import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import { type ModelEvent, type ModelParams, type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { result, system, user, weather } from '../delegates/conversation.js';
import { type Client, clientOf } from '../gateway/client.js';

const settings: ModelParams[] = [
  {},
  { temperature: 0 },
  { temperature: 1.7, topP: 0.2 },
  { topP: 0.5, stopSequences: ['END'] },
  { maxOutputTokens: 1 },
  { maxOutputTokens: 10_000_000 },
  { thinking: { effort: 'low' } },
  { thinking: { effort: 'medium' }, temperature: 0.3, topP: 0.5, stopSequences: ['END'] },
  { thinking: { effort: 'high' }, maxOutputTokens: 1_500 },
  { thinking: { effort: 'high' }, maxOutputTokens: 500 },
  { thinking: { budgetTokens: 1 } },
  { thinking: { budgetTokens: 8_000 }, topP: 0.3 },
  { thinking: { budgetTokens: 10_000_000 }, temperature: 0 },
];

const brief = system('Be brief.');

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  Logger.overrideLogger(false);
  sandbox = await startSandbox();
  client = clientOf(sandbox.url, { retries: { tries: 1 } });
});
beforeEach(() => {
  sandbox.reset();
});
afterAll(async () => {
  await client.close();
  await sandbox.close();
});

async function ask(request: ModelRequest) {
  const events: ModelEvent[] = [];
  const { answer, error } = await client.router.route(request, { onEvents: (batch) => void events.push(...batch) });
  if (error !== undefined) throw error as Error;
  return { ...answer, events };
}

describe.each(new ModelRegistry().list().map((model) => [model.id, model] as const))('%s', (id, model) => {
  const sent = () => sandbox.calls.lastRequests[model.api]?.body as JsonObject;

  it.each(settings)('is not refused with %j, and replays what it said', async (params) => {
    const messages: ModelMessage[] = [brief, user('Hello')];
    for (let turn = 1; turn <= 3; turn += 1) {
      const { parts } = await ask({ model: id, messages, params });
      expect(parts.some(({ type }) => type === 'text')).toBe(true);
      messages.push({ role: 'assistant', parts }, user(`And ${turn}?`));
    }
    expect(sandbox.calls.requests[model.api]).toBe(3);
  });

  it.each(settings.filter(({ maxOutputTokens }) => maxOutputTokens !== 1))(
    'calls tools with %j, thinks on, and answers',
    async (params) => {
      const messages: ModelMessage[] = [brief, user('Look it up\ncall weather {"place":"Rome"}')];
      const first = await ask({ model: id, messages, params, tools: [weather] });
      const [call] = first.parts.filter((part) => part.type === 'tool-call');
      expect(call).toMatchObject({ name: 'weather', arguments: { place: 'Rome' } });
      messages.push({ role: 'assistant', parts: first.parts }, result(call?.id ?? '', 'Sunny'));
      const second = await ask({ model: id, messages, params, tools: [weather] });
      expect(second).toMatchObject({ finishReason: 'stop', parts: expect.arrayContaining([expect.anything()]) });
      expect(JSON.stringify(sent().tools)).toContain(JSON.stringify(weather.parameters));
    },
  );

  it('tells what it thinks, where its API shows that', async () => {
    const { events, parts } = await ask({
      model: id,
      messages: [user('Hello')],
      params: { thinking: { effort: 'high' } },
    });
    const isShown = model.api !== 'openai-chat';
    expect(events.some(({ type }) => type === 'reasoning-delta')).toBe(isShown);
    expect(parts.some((part) => part.type === 'reasoning' && part.raw !== undefined)).toBe(isShown);
    if (model.thinking === 'adaptive') expect(sent().thinking).toEqual({ type: 'adaptive', display: 'summarized' });
  });

  it('is asked in the form that its API wants', async () => {
    await ask({ model: id, messages: [brief, user('Hello')], params: { maxOutputTokens: 50 } });
    const body = sent();
    expect(body).toMatchObject({ model: model.upstreamId, stream: true });
    switch (model.api) {
      case 'anthropic-messages':
        expect(body).toMatchObject({ max_tokens: 50, system: [{ cache_control: { type: 'ephemeral' } }] });
        break;
      case 'openai-chat':
        expect(body).toMatchObject({ max_completion_tokens: 50, stream_options: { include_usage: true } });
        expect(body).not.toHaveProperty('max_tokens');
        break;
      case 'openai-responses':
        expect(body).toMatchObject({
          max_output_tokens: 50,
          store: false,
          include: ['reasoning.encrypted_content'],
          instructions: 'Be brief.',
        });
        expect(body).not.toHaveProperty('previous_response_id');
    }
  });
});
