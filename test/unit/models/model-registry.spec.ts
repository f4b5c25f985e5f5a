import { describe, expect, it } from '@jest/globals';
import { UnknownModelError } from '../../../src/errors/request.errors.js';
import { ModelRegistry } from '../../../src/models/model-registry.js';

const registry = new ModelRegistry();

/** The contract's table: Duo id, upstream id, API, limits in thousands, and how it thinks. */
const table = `
duo-chat-opus-4-6 | claude-opus-4-6 | M | 1000/128 | budget
duo-chat-sonnet-4-6 | claude-sonnet-4-6 | M | 1000/64 | budget
duo-chat-opus-4-5 | claude-opus-4-5-20251101 | M | 200/64 | budget
duo-chat-sonnet-4-5 | claude-sonnet-4-5-20250929 | M | 200/64 | budget
duo-chat-haiku-4-5 | claude-haiku-4-5-20251001 | M | 200/64 | budget
duo-chat-gpt-5-1 | gpt-5.1-2025-11-13 | C | 400/128 | effort
duo-chat-gpt-5-2 | gpt-5.2-2025-12-11 | C | 400/128 | effort
duo-chat-gpt-5-mini | gpt-5-mini-2025-08-07 | C | 400/128 | effort
duo-chat-fable-5-1 | claude-fable-5-1 | M | unknown | adaptive
duo-chat-fable-5 | claude-fable-5 | M | 1000/128 | adaptive
duo-chat-opus-5 | claude-opus-5 | M | 1000/128 | adaptive
duo-chat-opus-4-8 | claude-opus-4-8 | M | 1000/128 | adaptive
duo-chat-opus-4-7 | claude-opus-4-7 | M | 1000/128 | adaptive
duo-chat-sonnet-5 | claude-sonnet-5 | M | 1000/64 | adaptive
duo-chat-gpt-6-astra | gpt-6-astra | R | unknown | effort
duo-chat-gpt-5-6-sol | gpt-5.6-sol | R | 1050/128 | effort
duo-chat-gpt-5-6-terra | gpt-5.6-terra | R | 1050/128 | effort
duo-chat-gpt-5-6-luna | gpt-5.6-luna | R | 1050/128 | effort
duo-chat-gpt-5-5 | gpt-5.5-2026-04-23 | C | 1050/128 | effort
duo-chat-gpt-5-4 | gpt-5.4-2026-03-05 | C | 1050/128 | effort
duo-chat-gpt-5-4-mini | gpt-5.4-mini | C | 400/128 | effort
duo-chat-gpt-5-4-nano | gpt-5.4-nano | C | 400/128 | effort
duo-chat-gpt-5-codex | gpt-5-codex | R | unknown | effort
duo-chat-gpt-5-2-codex | gpt-5.2-codex | R | unknown | effort
duo-chat-gpt-5-3-codex | gpt-5.3-codex | R | 400/128 | effort`;

const rows = table
  .trim()
  .split('\n')
  .map((row) => row.split(' | '));
const apis: Record<string, string> = { M: 'anthropic-messages', C: 'openai-chat', R: 'openai-responses' };

describe('ModelRegistry', () => {
  it.each(rows)('knows %s', (id, upstreamId, api, limits, thinking) => {
    const [context, output] = limits === 'unknown' ? [null, null] : limits.split('/').map((k) => Number(k) * 1000);
    expect(registry.get(id)).toEqual({
      id,
      upstreamId,
      api: apis[api],
      vendor: api === 'M' ? 'anthropic' : 'openai',
      contextWindow: context,
      maxOutputTokens: output,
      thinking,
      sampling: thinking === 'budget',
    });
  });

  it('lists these and no others', () => {
    const ids = registry.list().map(({ id }) => id);
    expect([...ids].sort()).toEqual(rows.map(([id]) => id).sort());
  });

  it.each([
    ['duo-chat-opus-4-66', '"duo-chat-opus-4-6"'],
    ['duo-chat-sonet-4-6', '"duo-chat-sonnet-4-6"'],
    ['claude-haiku-4-5-20251001', '"duo-chat-haiku-4-5"'],
    ['gpt-5.1', '"duo-chat-gpt-5-1"'],
    ['GPT-5-Mini', '"duo-chat-gpt-5-mini"'],
    ['opus-4.8', '"duo-chat-opus-4-8"'],
  ])('asks whoever wrote %s whether they meant %s', (wrong, right) => {
    const get = () => registry.get(wrong);
    expect(get).toThrow(UnknownModelError);
    expect(get).toThrow(`Unknown model "${wrong}". Did you mean ${right}`);
  });

  it.each(['', 'llama-3-70b-instruct', 'constructor', 'x'.repeat(100_000)])('suggests nothing for %.30s', (wrong) => {
    expect(() => registry.get(wrong)).toThrow(/^Unknown model ".*"\. See ModelRegistry\.list\(\)/);
  });
});
