import { describe, expect, it } from '@jest/globals';
import { anthropicDelegate } from '../../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed } from './feed.js';

const messageStart = (usage: object) => ({ type: 'message_start', message: { usage } });
const messageDelta = (usage: object) => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage });
const chunk = (usage: object, reason: string | null = null) => ({
  choices: [{ index: 0, delta: {}, finish_reason: reason }],
  usage,
});
const ended = (type: string, usage: object, more: object = {}) => ({ type, response: { usage, ...more } });

describe('Messages usage', () => {
  it('keeps the counts of the start event if the end omits them or has zeros', () => {
    // Its counts are cumulative: https://platform.claude.com/docs/en/build-with-claude/streaming#event-types
    const start = { input_tokens: 100, cache_read_input_tokens: 50, cache_creation_input_tokens: 20, output_tokens: 1 };
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    for (const end of [{ output_tokens: 9 }, { ...zeros, output_tokens: 9 }]) {
      expect(feed(anthropicDelegate, [messageStart(start), messageDelta(end)]).answer.usage).toEqual({
        inputTokens: 100,
        outputTokens: 9,
        reasoningTokens: 0,
        cacheReadTokens: 50,
        cacheWriteTokens: 20,
      });
    }
  });

  it('uses the last count, also when a server tool made the input longer', () => {
    const stream = [
      messageStart({ input_tokens: 100, output_tokens: 3 }),
      messageDelta({ input_tokens: 900, output_tokens: 2 }),
    ];
    expect(feed(anthropicDelegate, stream).answer.usage).toMatchObject({ inputTokens: 900, outputTokens: 2 });
  });

  it('keeps its counts after a second end event with zeros', () => {
    const stream = [
      messageStart({ input_tokens: 5 }),
      messageDelta({ output_tokens: 9 }),
      messageDelta({ output_tokens: 0 }),
    ];
    expect(feed(anthropicDelegate, stream).answer.usage).toMatchObject({ inputTokens: 5, outputTokens: 9 });
  });
});

describe('Chat Completions usage', () => {
  it('keeps its counts after a later chunk with zeros', () => {
    const told = { prompt_tokens: 20, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 5 } };
    const zeros = { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } };
    const { usage } = feed(openaiChatDelegate, [chunk(told, 'stop'), chunk(zeros), '[DONE]']).answer;
    expect(usage).toMatchObject({ inputTokens: 15, outputTokens: 7, cacheReadTokens: 5 });
  });

  it('uses the last count if a proxy sends one with each chunk', () => {
    const stream = [1, 2, 3].map((n) => chunk({ prompt_tokens: 20, completion_tokens: n }));
    expect(feed(openaiChatDelegate, stream).answer.usage).toMatchObject({ inputTokens: 20, outputTokens: 3 });
  });

  it('is kept for an error in the stream', () => {
    const { error, answer } = feed(openaiChatDelegate, [
      { error: { message: 'Broken.' }, usage: { prompt_tokens: 20, completion_tokens: 7 } },
    ]);
    expect(error).toBeDefined();
    expect(answer.usage).toMatchObject({ inputTokens: 20, outputTokens: 7 });
  });
});

describe('Responses usage', () => {
  const usage = { input_tokens: 20, output_tokens: 7, output_tokens_details: { reasoning_tokens: 4 } };
  const counted = { inputTokens: 20, outputTokens: 7, reasoningTokens: 4 };

  // The "response" of each of these events has "usage": https://platform.openai.com/docs/api-reference/responses-streaming
  it.each([
    ended('response.completed', usage),
    ended('response.incomplete', usage, { incomplete_details: { reason: 'max_output_tokens' } }),
    ended('response.incomplete', usage, { incomplete_details: { reason: 'content_filter' } }),
    ended('response.failed', usage, { error: { code: 'server_error', message: 'Broken.' } }),
    ended('response.cancelled', usage, { status: 'cancelled' }),
    ended('response.completed', usage, { status: 'cancelled' }),
    { ...ended('error', usage), message: 'Broken.' },
  ])('is read from every final event: %j', (event) => {
    expect(feed(openaiResponsesDelegate, [event]).answer.usage).toMatchObject(counted);
  });
});

describe('Reasoning token count', () => {
  it.each([
    [anthropicDelegate, messageDelta({ output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } })],
    [openaiChatDelegate, chunk({ completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 9 } })],
    [
      openaiResponsesDelegate,
      ended('response.completed', { output_tokens: 5, output_tokens_details: { reasoning_tokens: 9 } }),
    ],
  ])('never exceeds the output tokens: $api', (delegate, event) => {
    expect(feed(delegate, [event]).answer.usage).toMatchObject({ outputTokens: 5, reasoningTokens: 5 });
  });
});
