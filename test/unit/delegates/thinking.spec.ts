import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelParams, type Thinking, type ToolDefinition } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { assistant, call, reasoning, result, user, weather } from './conversation.js';
import { modelOf } from './models.js';
import { rendered } from './rendered.js';

const delegates = new DelegateRegistry();

const adaptive = { type: 'adaptive', display: 'summarized' };
const keys = ['thinking', 'output_config', 'reasoning', 'reasoning_effort', 'temperature', 'tool_choice'];

/** What a request says about thinking, and about what goes with it. */
function said(
  id: string,
  params: ModelParams,
  more: { tools?: ToolDefinition[]; outputSchema?: JsonObject } = {},
): object {
  const model: Model = modelOf(id);
  const body = rendered(delegates.get(model), model, { messages: [user('Hi')], params, ...more });
  return Object.fromEntries(keys.flatMap((key) => (body[key] === undefined ? [] : [[key, body[key]]])));
}

describe('Thinking effort in the form of the model', () => {
  const efforts = (id: string) =>
    (['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => {
      const body = said(id, { thinking: { effort } }) as Record<string, JsonObject | undefined>;
      return body.output_config?.effort ?? body.reasoning?.effort ?? body.reasoning_effort ?? body.thinking?.type;
    });

  // Anthropic's guide to effort and OpenAI's guide to reasoning say which levels each model takes.
  it.each([
    ['duo-chat-opus-5', ['disabled', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-opus-4-8', ['disabled', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-haiku-5-5', ['disabled', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-opus-4-6', ['disabled', 'low', 'low', 'medium', 'high', 'high', 'max']],
    ['duo-chat-sonnet-4-6', ['disabled', 'low', 'low', 'medium', 'high', 'high', 'max']],
    ['duo-chat-opus-4-5', ['disabled', 'low', 'low', 'medium', 'high', 'high', 'high']],
    ['duo-chat-haiku-4-5', ['disabled', 'enabled', 'enabled', 'enabled', 'enabled', 'enabled', 'enabled']],
    ['duo-chat-fable-5', ['low', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-opus-5-5', ['low', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-sonnet-5-5', ['between_tools', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-gpt-6-sol', ['none', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-gpt-6-1-sol', ['low', 'low', 'low', 'medium', 'high', 'xhigh', 'max']],
    ['duo-chat-gpt-5-5', ['none', 'low', 'low', 'medium', 'high', 'xhigh', 'xhigh']],
    ['duo-chat-gpt-5-1', ['none', 'low', 'low', 'medium', 'high', 'high', 'high']],
    ['duo-chat-gpt-5-mini', ['minimal', 'minimal', 'low', 'medium', 'high', 'high', 'high']],
    ['duo-chat-gpt-5-codex', ['low', 'low', 'low', 'medium', 'high', 'high', 'high']],
  ])('is the nearest level that %s accepts', (id, expected) => {
    expect(efforts(id)).toEqual(expected);
  });

  it.each<[Thinking, number]>([
    [{ effort: 'minimal' }, 1_024],
    [{ effort: 'low' }, 2_048],
    [{ effort: 'medium' }, 8_192],
    [{ effort: 'high' }, 24_576],
    [{ effort: 'xhigh' }, 32_768],
    [{ effort: 'max' }, 48_000],
    [{ budgetTokens: 30_000 }, 30_000],
  ])('resolves %j to a budget of %i tokens below the output limit', (thinking, budget) => {
    expect(said('duo-chat-haiku-4-5', { thinking, maxOutputTokens: 64_000 })).toEqual({
      thinking: { type: 'enabled', budget_tokens: budget },
    });
  });
});

// "The effort parameter works alongside the thinking token budget": Anthropic's guide to effort, on Opus 4.5.
describe('An effort beside a budget', () => {
  it.each(['duo-chat-sonnet-4-6', 'duo-chat-opus-4-5'])('is sent to %s, also where it cannot think', (id) => {
    const thinking: Thinking = { effort: 'medium' };
    const effort = { output_config: { effort: 'medium' } };
    expect(said(id, { thinking })).toEqual({ ...effort, thinking: { type: 'enabled', budget_tokens: 8_192 } });
    expect(said(id, { thinking, maxOutputTokens: 1_024 })).toEqual(effort);
  });

  it.each(['duo-chat-sonnet-4-6', 'duo-chat-opus-4-5'])('is not sent to %s with a budget of the caller', (id) => {
    expect(said(id, { thinking: { budgetTokens: 5_000 } })).toEqual({
      thinking: { type: 'enabled', budget_tokens: 5_000 },
    });
  });
});

describe('A request without a thinking setting', () => {
  // "What's new in Claude Opus 5.5": the display defaults to an empty one, and text between tool calls is thinking.
  it.each(['duo-chat-fable-5', 'duo-chat-fable-5-1', 'duo-chat-opus-5-5', 'duo-chat-sonnet-5-5'])(
    'shows the reasoning of a model that always thinks: %s',
    (id) => {
      expect(said(id, {})).toEqual({ thinking: adaptive });
      expect(said(id, { toolChoice: 'auto' }, { tools: [weather] })).toMatchObject({ thinking: adaptive });
    },
  );

  it.each(['duo-chat-opus-5', 'duo-chat-sonnet-5', 'duo-chat-opus-4-6', 'duo-chat-sonnet-4-6', 'duo-chat-gpt-5-5'])(
    "uses the model's default: %s",
    (id) => {
      expect(said(id, {})).toEqual({});
    },
  );
});

describe('Disabled thinking', () => {
  const off: ModelParams = { thinking: { effort: 'none' }, temperature: 0.5 };

  it.each([
    ['duo-chat-haiku-4-5', { thinking: { type: 'disabled' }, temperature: 0.5 }],
    ['duo-chat-sonnet-4-6', { thinking: { type: 'disabled' }, temperature: 0.5 }],
    ['duo-chat-opus-4-6', { thinking: { type: 'disabled' }, temperature: 0.5 }],
    ['duo-chat-opus-4-7', { thinking: { type: 'disabled' } }],
    ['duo-chat-sonnet-5', { thinking: { type: 'disabled' } }],
    ['duo-chat-opus-5', { thinking: { type: 'disabled' } }],
    ['duo-chat-haiku-5-5', { thinking: { type: 'disabled' } }],
    ['duo-chat-sonnet-5-5', { thinking: { type: 'between_tools' } }],
    ['duo-chat-fable-5', { thinking: adaptive, output_config: { effort: 'low' } }],
    ['duo-chat-opus-5-5', { thinking: adaptive, output_config: { effort: 'low' } }],
    ['duo-chat-gpt-6-luna', { reasoning: { effort: 'none' } }],
    ['duo-chat-gpt-6-astra', { reasoning: { effort: 'low', summary: 'auto' } }],
    ['duo-chat-gpt-5-1', { reasoning_effort: 'none' }],
    ['duo-chat-gpt-5-mini', { reasoning_effort: 'minimal' }],
  ])('is the lowest setting of %s', (id, expected) => {
    expect(said(id, off)).toEqual(expected);
  });

  it('drops the reasoning of the current turn for a model that would refuse it', () => {
    const history = [
      user('Go'),
      assistant(reasoning('anthropic-messages', { type: 'thinking', thinking: 'Hm.', signature: 'sig' }), call('a')),
      result('a', 'A'),
    ];
    const keeps = (id: string, params: ModelParams) => {
      const model = modelOf(id);
      const body = rendered(delegates.get(model), model, { messages: history, params });
      return JSON.stringify(body).includes('"signature"');
    };
    for (const id of ['duo-chat-sonnet-4-6', 'duo-chat-opus-4-6', 'duo-chat-sonnet-5'])
      expect(keeps(id, off)).toBe(false);
    for (const id of ['duo-chat-sonnet-4-6', 'duo-chat-opus-4-6']) expect(keeps(id, {})).toBe(false);
    for (const id of ['duo-chat-sonnet-5', 'duo-chat-opus-5-5']) expect(keeps(id, {})).toBe(true);
    for (const id of ['duo-chat-sonnet-5-5', 'duo-chat-opus-5-5']) expect(keeps(id, off)).toBe(true);
  });
});

describe('Thinking together with tools', () => {
  const tools = [weather];

  // openai-openapi#541: "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions."
  it.each(['duo-chat-gpt-5-5', 'duo-chat-gpt-5-4', 'duo-chat-gpt-5-4-mini', 'duo-chat-gpt-5-4-nano'])(
    'loses its effort on Chat Completions with %s, but keeps it without tools',
    (id) => {
      expect(said(id, { thinking: { effort: 'high' } }, { tools })).toEqual({});
      expect(said(id, { thinking: { effort: 'none' } }, { tools })).toEqual({});
      expect(said(id, { thinking: { effort: 'high' } })).toEqual({ reasoning_effort: 'high' });
    },
  );

  it.each(['duo-chat-gpt-5-1', 'duo-chat-gpt-5-2', 'duo-chat-gpt-5-mini'])('keeps its effort with %s', (id) => {
    expect(said(id, { thinking: { effort: 'high' } }, { tools })).toEqual({ reasoning_effort: 'high' });
  });

  it('is disabled for a forced call, which the vendor refuses with thinking', () => {
    const any = { tool_choice: { type: 'any' } };
    const forced = (id: string, thinking?: Thinking) => said(id, { toolChoice: 'required', thinking }, { tools });
    expect(forced('duo-chat-opus-5', { effort: 'high' })).toEqual(any);
    expect(forced('duo-chat-opus-4-6', { effort: 'high' })).toEqual(any);
    expect(forced('duo-chat-sonnet-5', { effort: 'none' })).toEqual({ ...any, thinking: { type: 'disabled' } });
    expect(forced('duo-chat-fable-5')).toEqual(any);
    expect(forced('duo-chat-fable-5', { effort: 'xhigh' })).toEqual({ ...any, output_config: { effort: 'xhigh' } });
    expect(forced('duo-chat-fable-5', { effort: 'none' })).toEqual({ ...any, output_config: { effort: 'low' } });
  });

  it('allows a forced answer tool if thinking was not requested and the model supports forced tools', () => {
    const outputSchema: JsonObject = { type: 'object', properties: { a: { type: 'string', pattern: '^a' } } };
    const answer = (id: string, thinking?: Thinking) => said(id, { thinking }, { outputSchema });
    const forced = { tool_choice: { type: 'tool', name: 'answer', disable_parallel_tool_use: true } };
    const asked = { tool_choice: { type: 'auto' } };
    expect(answer('duo-chat-fable-5')).toEqual(forced);
    expect(answer('duo-chat-sonnet-5')).toEqual(forced);
    expect(answer('duo-chat-sonnet-5', { effort: 'none' })).toEqual({ ...forced, thinking: { type: 'disabled' } });
    expect(answer('duo-chat-fable-5', { effort: 'low' })).toEqual({
      ...asked,
      thinking: adaptive,
      output_config: { effort: 'low' },
    });
    expect(answer('duo-chat-opus-5-5')).toEqual({ ...asked, thinking: adaptive });
    expect(answer('duo-chat-sonnet-5-5', { effort: 'none' })).toEqual({
      ...asked,
      thinking: { type: 'between_tools' },
    });
  });
});
