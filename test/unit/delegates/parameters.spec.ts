import { describe, expect, it } from '@jest/globals';
import { type ModelParams } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';
import { DelegateRegistry } from '../../../src/router/delegates.service.js';
import { user } from './conversation.js';
import { adaptiveClaude, budgetClaude, chatGpt, responsesGpt } from './models.js';
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
