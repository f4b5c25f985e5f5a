import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { gatewayFailure } from '../../../src/gateway/gateway-failure.js';
import { readWire } from './wire.js';

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const overflow = { error: { code: 'context_length_exceeded', message: 'Too long.' } };
const wrapped = (body: string) => `b'${body}'`;

describe.each([
  ['Messages', anthropicDelegate],
  ['Chat Completions', openaiChatDelegate],
  ['Responses', openaiResponsesDelegate],
])('An error body in the stream of %s', (_api, delegate) => {
  it.each([
    ['an error without a type', overflow, 'context_window_exceeded'],
    ['an overload without a type', { error: overloaded.error }, 'upstream_overloaded'],
    ['a rate limit without a type', { error: { code: 429, message: 'Slow down.' } }, 'rate_limited'],
    ['a wrapped overload', { message: wrapped(JSON.stringify(overloaded)) }, 'upstream_overloaded'],
    ['a wrapped overflow', { detail: wrapped(JSON.stringify(overflow)) }, 'context_window_exceeded'],
    ['an error that is wrapped itself', { error: wrapped(JSON.stringify(overloaded)) }, 'upstream_overloaded'],
  ])('fails like a refusal of that shape: %s', async (_what, body, code) => {
    const json = JSON.stringify(body);
    for (const event of [`data: ${json}\n\n`, `event: error\ndata: ${json}\n\n`]) {
      const { error, answer } = await readWire(delegate, [[Buffer.from(event)]]);
      const { message, isRetryable } = gatewayFailure(200, {}, json);
      expect(error).toMatchObject({ code });
      expect(answer.parts).toEqual([]);
      expect([(error as GitlabDuoError).message, (error as GitlabDuoError).isRetryable]).toEqual([
        message,
        isRetryable,
      ]);
    }
  });

  it('quotes a wrapped body that is not JSON, without its secrets', async () => {
    const event = `data: ${JSON.stringify({ message: "b'upstream broke, key sk-abcdefghijklmnop'" })}\n\n`;
    const { error } = await readWire(delegate, [[Buffer.from(event)]]);
    expect(error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('upstream broke') });
    expect((error as GitlabDuoError).message).not.toContain('abcdefghijklmnop');
  });

  it.each([{ message: 'Still here' }, { detail: null }, { error: null }])('is not seen in %j', async (body) => {
    const { error } = await readWire(delegate, [[Buffer.from(`data: ${JSON.stringify(body)}\n\n`)]]);
    expect(error).toMatchObject({ message: expect.stringContaining('was cut') });
  });
});
