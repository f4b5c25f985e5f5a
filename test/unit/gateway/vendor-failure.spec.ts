import { describe, expect, it } from '@jest/globals';
import { type VendorError } from '../../../src/gateway/vendor-error.interface.js';
import { vendorFailure } from '../../../src/gateway/vendor-failure.js';

const cases: [VendorError, number | undefined, string, boolean][] = [
  [{ type: 'overloaded_error', message: 'Overloaded' }, 529, 'UpstreamOverloadedError', true],
  [{ type: 'overloaded_error', message: 'Overloaded' }, undefined, 'UpstreamOverloadedError', true],
  [{ code: 'server_overloaded' }, 503, 'UpstreamOverloadedError', true],
  [{}, 529, 'UpstreamOverloadedError', true],
  [{ type: 'rate_limit_error' }, 429, 'RateLimitError', true],
  [{ type: 'tokens', code: 'rate_limit_exceeded' }, undefined, 'RateLimitError', true],
  [{ code: 429 }, undefined, 'RateLimitError', true],
  [{}, 429, 'RateLimitError', true],
  [{ type: 'insufficient_quota', code: 'insufficient_quota' }, 429, 'UpstreamError', false],
  [{ type: 'api_error' }, undefined, 'UpstreamError', true],
  [{ code: 'server_error' }, undefined, 'UpstreamError', true],
  [{}, 500, 'UpstreamError', true],
  [{ message: 'Bad Gateway' }, 502, 'UpstreamError', true],
  [{ type: 'request_too_large' }, undefined, 'PayloadTooLargeError', false],
  [{}, 413, 'PayloadTooLargeError', false],
  [{ type: 'timeout_error' }, undefined, 'UpstreamTimeoutError', true],
  [{ type: 'invalid_request_error', code: null, message: 'Bad schema' }, 400, 'UpstreamError', false],
  [{}, undefined, 'UpstreamError', false],
];

describe('vendorFailure', () => {
  it.each(cases)('maps %j with the status %s to a %s', (error, status, name, isRetryable) => {
    expect(vendorFailure(error, status)).toMatchObject({ name, isRetryable });
  });

  it.each([
    'prompt is too long: 213462 tokens > 200000 maximum',
    'Prompt is too long',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
    'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length',
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300118 tokens.',
    'Input is too long for requested model.',
  ])('recognises a full context window in %j', (message) => {
    const failure = vendorFailure({ type: 'invalid_request_error', message }, 400);
    expect(failure).toMatchObject({ name: 'ContextWindowExceededError', isRetryable: false });
  });

  it.each<VendorError>([
    { message: 'messages.1.content.0: Invalid `signature` in `thinking` block' },
    { message: 'Validation error: messages.39.content.0: Invalid signature in thinking block' },
    { message: 'messages.1.content.0: Invalid `data` in `redacted_thinking` block' },
    {
      message:
        'messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.',
    },
    { code: 'invalid_encrypted_content', message: 'The encrypted content for item rs_1 could not be verified.' },
    { code: 'thinking_signature_invalid' },
    {
      message:
        'The encrypted content gAAA...5Q== could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
    },
    { message: "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false." },
    { message: "Item 'rs_1' of type 'reasoning' was provided without its required following item." },
  ])('recognises rejected reasoning in %j', (error) => {
    const failure = vendorFailure({ type: 'invalid_request_error', ...error }, 400);
    expect(failure).toMatchObject({ name: 'PartRefusedError', code: 'upstream_error', isRetryable: false });
  });

  it('recognises a full context window by the code context_length_exceeded', () => {
    expect(vendorFailure({ code: 'context_length_exceeded' }, 400).code).toBe('context_window_exceeded');
  });

  it.each([
    'max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens',
    '`max_tokens` must be greater than `thinking.budget_tokens`',
    'max_tokens is too large: 200000. This model supports at most 128000 completion tokens, whereas you provided 200000.',
    'Unsupported parameter: `max_tokens` is not supported with this model. Use `max_completion_tokens` instead.',
    'tools.0.description: "answers when the prompt is too long for the context window" is too long',
    'stop: "Input is too long for requested model." is not one of the allowed values',
    'Invalid token in the prompt: the context is too long to say',
    'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`',
  ])('recognises a bad request in %j', (message) => {
    expect(vendorFailure({ type: 'invalid_request_error', message }, 400).code).toBe('upstream_error');
  });

  it('quotes the vendor, and says what to do', () => {
    expect(vendorFailure({ type: 'overloaded_error', message: 'Overloaded' }).message).toBe(
      'The model\'s vendor has no capacity at the moment. It said: "overloaded_error: Overloaded". Try again later, or use another model.',
    );
    expect(vendorFailure({}).message).toContain('It gave no reason.');
  });

  it('redacts secrets before it truncates the quote', () => {
    const secret = 'glpat-abcdefghijklmnopqrst';
    const { message } = vendorFailure({ message: `${'x'.repeat(485)} ${secret} ${'y'.repeat(10_000)}` });
    expect(message).not.toContain('glpat');
    expect(message).toContain('…');
    expect(message.length).toBeLessThan(800);
  });
});
