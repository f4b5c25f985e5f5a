import { describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelParams, type Thinking, type ToolDefinition } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { assistant, call, reasoning, result, user, weather } from './conversation.js';
import { adaptiveClaude, budgetClaude, chatGpt, modelOf, responsesGpt } from './models.js';
import { rendered } from './rendered.js';

const delegates = new DelegateRegistry();

function render(model: Model, params: ModelParams) {
  return rendered(delegates.get(model), model, { messages: [user('Hi')], params });
}

const limitKeys = {
  'anthropic-messages': 'max_tokens',
  'openai-chat': 'max_completion_tokens',
  'openai-responses': 'max_output_tokens',
};

describe.each([budgetClaude, chatGpt, responsesGpt])('The output token limit for $id', (model) => {
  it.each([
    [128_000, undefined, 16_384],
    [8_000, undefined, 8_000],
    [null, undefined, 8_192],
    [128_000, 100, 100],
    [8_000, 100_000, 8_000],
    [null, 100_000, 100_000],
  ])('resolves a model limit of %s and a requested %s to %s', (maxOutputTokens, wish, limit) => {
    const body = render({ ...model, maxOutputTokens }, { maxOutputTokens: wish });
    expect(body[limitKeys[model.api]]).toBe(limit);
  });
});

describe.each([budgetClaude, chatGpt, responsesGpt])('The tool choice for $id', (model) => {
  const tools = [{ name: 'weather', description: 'Weather', parameters: { type: 'object', properties: {} } }];
  const use = (params: ModelParams) => {
    const body = rendered(delegates.get(model), model, { messages: [user('Hi')], params, tools });
    expect(body).not.toHaveProperty('toolChoice');
    expect(body).not.toHaveProperty('toolCalls');
    return { choice: body.tool_choice, parallel: body.parallel_tool_calls };
  };
  const isClaude = model.vendor === 'anthropic';

  it("defaults to the vendor's", () => {
    expect(use({})).toEqual({});
  });

  it('can force or forbid tools, or name one tool', () => {
    const named = {
      'anthropic-messages': { type: 'tool', name: 'weather' },
      'openai-chat': { type: 'function', function: { name: 'weather' } },
      'openai-responses': { type: 'function', name: 'weather' },
    };
    expect(use({ toolChoice: 'auto' }).choice).toEqual(isClaude ? { type: 'auto' } : 'auto');
    expect(use({ toolChoice: 'required' }).choice).toEqual(isClaude ? { type: 'any' } : 'required');
    expect(use({ toolChoice: 'none' }).choice).toEqual(isClaude ? { type: 'none' } : 'none');
    expect(use({ toolChoice: { tool: 'weather' } }).choice).toEqual(named[model.api]);
  });

  it('can limit calls to one at a time', () => {
    expect(use({ toolCalls: 'one' })).toEqual(
      isClaude ? { choice: { type: 'auto', disable_parallel_tool_use: true } } : { parallel: false },
    );
    expect(use({ toolCalls: 'many' })).toEqual(
      isClaude ? { choice: { type: 'auto', disable_parallel_tool_use: false } } : { parallel: true },
    );
  });

  it('wins over thinking if the vendor accepts only one of the two', () => {
    const params: ModelParams = { toolChoice: 'required', thinking: { effort: 'low' } };
    const body = rendered(delegates.get(model), model, { messages: [user('Hi')], params, tools });
    const thinks = Object.keys(body).some((key) => /^(thinking|reasoning|reasoning_effort)$/.test(key));
    expect(thinks).toBe(!isClaude);
  });

  it('is omitted without tools, and refuses a tool that is not offered', () => {
    expect(render(model, { toolChoice: 'required', toolCalls: 'one' })).not.toHaveProperty('tool_choice');
    expect(render(model, { toolCalls: 'one' })).not.toHaveProperty('parallel_tool_calls');
    expect(() => use({ toolChoice: { tool: 'clock' } })).toThrow('is not offered it');
  });
});

describe('Thinking parameters', () => {
  it.each([
    [{ effort: 'low' }, {}, 2_048],
    [{ effort: 'medium' }, {}, 8_192],
    [{ effort: 'high' }, {}, 12_288],
    [{ effort: 'high' }, { maxOutputTokens: 64_000 }, 24_576],
    [{ effort: 'low' }, { maxOutputTokens: 1_200 }, 1_024],
    [{ budgetTokens: 5_000 }, {}, 5_000],
    [{ budgetTokens: 10 }, {}, 1_024],
    [{ budgetTokens: 50_000 }, {}, 16_383],
  ] as const)('resolve %j with %j to a budget of %s tokens', (thinking, params, budget) => {
    const body = render(budgetClaude, { thinking, ...params });
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: budget });
  });

  it('are omitted if the answer is too short for the smallest budget', () => {
    const body = render(budgetClaude, { thinking: { effort: 'low' }, maxOutputTokens: 1_024, temperature: 0.5 });
    expect(body).not.toHaveProperty('thinking');
    expect(body).toMatchObject({ temperature: 0.5 });
  });

  it.each([
    [{ effort: 'high' }, 'high'],
    [{ budgetTokens: 2_048 }, 'low'],
    [{ budgetTokens: 8_192 }, 'medium'],
    [{ budgetTokens: 24_576 }, 'high'],
  ] as const)('resolve %j to the effort %s for models without budgets', (thinking, effort) => {
    expect(render(adaptiveClaude, { thinking })).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort },
    });
    expect(render(chatGpt, { thinking })).toMatchObject({ reasoning_effort: effort });
    expect(render(responsesGpt, { thinking })).toMatchObject({ reasoning: { effort, summary: 'auto' } });
  });

  it('are omitted by default', () => {
    for (const model of [budgetClaude, adaptiveClaude, chatGpt, responsesGpt]) {
      const body = render(model, {});
      for (const key of ['thinking', 'output_config', 'reasoning', 'reasoning_effort']) {
        expect(body).not.toHaveProperty(key);
      }
    }
  });
});

describe('Sampling parameters', () => {
  const params = { temperature: 0, topP: 0.9, stopSequences: ['END'] };

  it("clamp the temperature to Claude's maximum", () => {
    expect(render(budgetClaude, { temperature: 1.7 })).toMatchObject({ temperature: 1 });
    expect(render(chatGpt, { temperature: 1.7 })).toMatchObject({ temperature: 1.7 });
  });

  it('are sent to models that accept them; Claude accepts one of the two', () => {
    expect(render(budgetClaude, params)).toMatchObject({ temperature: 0, stop_sequences: ['END'] });
    expect(render(budgetClaude, params)).not.toHaveProperty('top_p');
    expect(render(budgetClaude, { topP: 0.9 })).toMatchObject({ top_p: 0.9 });
    expect(render(chatGpt, params)).toMatchObject({ temperature: 0, top_p: 0.9, stop: ['END'] });
    expect(render({ ...responsesGpt, sampling: true }, params)).toMatchObject({ temperature: 0, top_p: 0.9 });
  });

  it('drop blank stop sequences for Claude', () => {
    expect(render(budgetClaude, { stopSequences: ['\n', 'END', ' '] })).toMatchObject({ stop_sequences: ['END'] });
    expect(render(budgetClaude, { stopSequences: ['\n'] })).not.toHaveProperty('stop_sequences');
    expect(render(chatGpt, { stopSequences: ['\n', 'END'] })).toMatchObject({ stop: ['\n', 'END'] });
  });

  it.each([
    [adaptiveClaude, {}],
    [responsesGpt, {}],
    [{ ...chatGpt, sampling: false }, {}],
    [budgetClaude, { thinking: { effort: 'low' } }],
    [chatGpt, { thinking: { effort: 'low' } }],
  ] as [Model, ModelParams][])('are omitted for $id, which refuses %j', (model, more) => {
    const body = render(model, { ...params, ...more });
    for (const key of ['temperature', 'top_p', 'stop']) expect(body).not.toHaveProperty(key);
  });
});

describe('Vendor parameters', () => {
  it.each([budgetClaude, chatGpt, responsesGpt])('are sent to $id unchanged', (model) => {
    const params = { metadata: { user_id: 'u1' }, tool_choice: 'none', unset: undefined };
    const body = render(model, params);
    expect(body).toMatchObject({ metadata: { user_id: 'u1' }, tool_choice: 'none' });
    expect(Object.keys(body)).not.toContain('unset');
  });

  it.each([budgetClaude, chatGpt, responsesGpt])(
    'cannot replace the body that a request to $id consists of',
    (model) => {
      const hostile = { model: 'x', messages: [], input: [], system: 'x', instructions: 'x', stream: false, tools: [] };
      expect(render(model, hostile)).toEqual(render(model, {}));
    },
  );

  it('are merged with the parameters of the request', () => {
    const format = { type: 'json_schema', schema: {} };
    expect(render(adaptiveClaude, { thinking: { effort: 'low' }, output_config: { format } })).toMatchObject({
      output_config: { effort: 'low', format },
    });
    expect(render(chatGpt, { stream_options: { include_obfuscation: false } })).toMatchObject({
      stream_options: { include_usage: true, include_obfuscation: false },
    });
    expect(render(responsesGpt, { store: true })).toMatchObject({ store: true });
  });

  it('give the same bytes in any order', () => {
    const one = render(chatGpt, { seed: 1, metadata: {}, temperature: 1, topP: 1 });
    const other = render(chatGpt, { topP: 1, temperature: 1, metadata: {}, seed: 1 });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
  });
});

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
