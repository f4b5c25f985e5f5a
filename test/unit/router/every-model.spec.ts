import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EFFORTS } from '../../../src/messages/effort.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelMessage } from '../../../src/messages/message.interface.js';
import {
  type ModelEvent,
  type ModelParams,
  type ModelRequest,
  type ToolChoice,
} from '../../../src/messages/model-request.interface.js';
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
  ...EFFORTS.map((effort) => ({ thinking: { effort } })),
  { thinking: { effort: 'none' }, temperature: 0.3, maxOutputTokens: 1_000 },
  { thinking: { effort: 'max' }, maxOutputTokens: 1_024 },
  { thinking: { effort: 'medium' }, temperature: 0.3, topP: 0.5, stopSequences: ['END'] },
  { thinking: { effort: 'high' }, maxOutputTokens: 1_500 },
  { thinking: { effort: 'high' }, maxOutputTokens: 500 },
  { thinking: { budgetTokens: 1 } },
  { thinking: { budgetTokens: 8_000 }, topP: 0.3 },
  { thinking: { budgetTokens: 10_000_000 }, temperature: 0 },
];

const few: ModelParams[] = [
  {},
  { temperature: 0.3, topP: 0.5, stopSequences: ['END'] },
  { thinking: { effort: 'none' } },
  { thinking: { effort: 'xhigh' }, maxOutputTokens: 1_500 },
  { thinking: { budgetTokens: 8_000 }, temperature: 0 },
];
const choices: ToolChoice[] = ['auto', 'required', 'none', { tool: 'weather' }];
const closed: JsonObject = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
/** Beyond every vendor's grammar, by its pattern and by being open. */
const open: JsonObject = { type: 'object', properties: { city: { type: 'string', pattern: '^R' } } };

const brief = system('Be brief.');
const alpha = { id: 'duo-chat-haiku-5-5', status: 'active' } as const;

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  Logger.overrideLogger(false);
  sandbox = await startSandbox();
  client = clientOf(sandbox.url, { retries: { tries: 1 }, models: [alpha] });
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

describe.each(new ModelRegistry([alpha]).list().map((model) => [model.id, model] as const))('%s', (id, model) => {
  const sent = () => sandbox.calls.lastRequests[model.api]?.body as JsonObject;

  it.each(settings)('accepts a chat with %j, and its replay', async (params) => {
    const messages: ModelMessage[] = [brief, user('Hello')];
    for (let turn = 1; turn <= 3; turn += 1) {
      const { parts } = await ask({ model: id, messages, params });
      expect(parts.some(({ type }) => type === 'text')).toBe(true);
      messages.push({ role: 'assistant', parts }, user(`And ${turn}?`));
    }
    expect(sandbox.calls.requests[model.api]).toBe(3);
  });

  it.each(settings.filter(({ maxOutputTokens }) => maxOutputTokens !== 1))(
    'calls tools with %j, continues to think, and answers',
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

  it.each(few)('answers with every tool choice and JSON format, with %j', async (params) => {
    for (const toolChoice of choices) {
      for (const outputSchema of [undefined, closed, open]) {
        await ask({
          model: id,
          messages: [brief, user('Hello')],
          params: { ...params, toolChoice },
          tools: [weather],
          outputSchema,
        });
        const choice = sent().tool_choice as JsonObject | undefined;
        if (!model.forcedTools) expect([undefined, 'auto', 'none']).toContain(choice?.type);
      }
    }
    expect(sandbox.calls.requests[model.api]).toBe(12);
  });

  it.each([{}, ...settings.filter(({ thinking }) => thinking !== undefined)])(
    'never receives an unknown thinking setting, with %j',
    async (params) => {
      await ask({ model: id, messages: [user('Hello')], params });
      const {
        thinking,
        output_config: config,
        reasoning,
        reasoning_effort: chatEffort,
      } = sent() as Record<string, JsonObject>;
      const effort = config?.effort ?? reasoning?.effort ?? chatEffort;
      if (effort !== undefined) expect(model.efforts).toContain(effort);
      if (model.thinking === 'always')
        expect(['adaptive', ...(model.betweenTools ? ['between_tools'] : [])]).toContain(thinking?.type);
      if (model.thinking === 'adaptive') expect([undefined, 'adaptive', 'disabled']).toContain(thinking?.type);
      if (model.thinking === 'budget') expect([undefined, 'enabled', 'disabled']).toContain(thinking?.type);
      if (thinking?.type === 'adaptive') expect(thinking).toEqual({ type: 'adaptive', display: 'summarized' });
    },
  );

  it('receives its lowest thinking setting for the effort none', async () => {
    const off: ModelParams = { thinking: { effort: 'none' } };
    const { events } = await ask({ model: id, messages: [user('Hello')], params: off });
    const body = sent();
    if (model.api === 'anthropic-messages') {
      const least = model.canDisable
        ? { type: 'disabled' }
        : model.betweenTools
          ? { type: 'between_tools' }
          : undefined;
      if (least) expect(body.thinking).toEqual(least);
      else expect(body).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: model.efforts[0] } });
      expect(events.some(({ type }) => type === 'reasoning-delta')).toBe(least === undefined);
    } else {
      const effort = model.canDisable ? 'none' : model.efforts[0];
      expect(body.reasoning_effort ?? (body.reasoning as JsonObject).effort).toBe(effort);
    }
  });

  it('shows its reasoning by default if it always thinks', async () => {
    const { events, parts } = await ask({ model: id, messages: [user('Hello')] });
    const isAlways = model.thinking === 'always';
    expect(events.some(({ type }) => type === 'reasoning-delta')).toBe(isAlways);
    if (isAlways) expect(parts[0]).toMatchObject({ type: 'reasoning', text: expect.stringMatching(/\S/) });
    else expect(sent()).not.toHaveProperty('thinking');
  });

  it('shows its reasoning if its API supports it', async () => {
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

  it('receives requests in the form of its API', async () => {
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
