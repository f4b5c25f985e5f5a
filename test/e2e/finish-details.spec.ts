import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { messageRecord } from '../../src/chats/message-entity.js';
import { Chat, DuoChatService, DuoService } from '../../src/index.js';
import { anthropicDelegate } from '../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../src/delegates/openai-responses/openai-responses.delegate.js';
import { feed } from '../unit/delegates/feed.js';
import { startTestHost, type TestHost } from './support/test-module.js';

// Anthropic, Messages API: `message_delta.delta.stop_details` has the category and an explanation of a refusal.
describe('The details of a refusal', () => {
  const details = { type: 'refusal', category: 'cyber', explanation: 'The request could enable cyber harm.' };
  let host: TestHost;
  let chats: DuoChatService<Chat>;

  beforeAll(async () => {
    // With the tables that the migrations make.
    host = await startTestHost([Chat], { migrated: true });
    chats = host.app.get(DuoChatService);
  });
  beforeEach(() => {
    host.sandbox.fault({ fault: 'answer-refusal' });
  });
  afterAll(() => host.close());

  it('are stored with the message, and shown with it everywhere', async () => {
    const chat = await chats.create();
    const events = [];
    for await (const event of chat.stream('Hello')) events.push(event);
    const shown = { finishReason: 'refusal', finishDetail: details, status: 'complete' };
    expect(events.find(({ type }) => type === 'message-end')).toMatchObject({ message: shown });
    const [question, answer] = (await chats.messages(chat.id)).items;
    expect(answer).toMatchObject(shown);
    expect(question).toMatchObject({ finishDetail: null });
    expect(answer && messageRecord(answer)).toMatchObject(shown);
    const [row] = await host.database.query<{ finish_detail: unknown }[]>(
      "SELECT finish_detail FROM messages WHERE chat_id = $1 AND role = 'assistant'",
      [chat.id],
    );
    expect(row?.finish_detail).toEqual(details);
    await chat.ask('And now?');
    expect((await chats.messages(chat.id)).items.at(-1)).toMatchObject({ finishReason: 'stop', finishDetail: null });
  });

  it('are available in memory', async () => {
    const chat = host.app.get(DuoService).chat();
    expect(await chat.ask('Hello')).toMatchObject({ finishReason: 'refusal', finishDetail: details });
    expect(chat.messages).toMatchObject([{ finishDetail: null }, { finishDetail: details }]);
  });

  it('are part of a refusal error, and stored with the partial answer', async () => {
    const chat = await chats.create();
    const properties = { a: { type: 'string' as const } };
    const schema = { type: 'object' as const, properties, required: ['a'], additionalProperties: false };
    await expect(chat.ask('Hello', { schema })).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('refused to give one (cyber: The request could enable cyber harm.)'),
    });
    expect((await chats.messages(chat.id)).items[1]).toMatchObject({ status: 'failed', finishDetail: details });
  });
});

describe('The details of a finish', () => {
  const end = (stop_details: unknown) => [
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details } },
    { type: 'message_stop' },
  ];
  const filtered = { hate: { filtered: true, severity: 'high' } };

  it('are kept unchanged on all APIs that send some', () => {
    const only = { category: null, explanation: null };
    expect(feed(anthropicDelegate, end(only)).answer.finishDetail).toEqual(only);
    const incomplete_details = { reason: 'content_filter' };
    const incomplete = { type: 'response.incomplete', response: { incomplete_details } };
    expect(feed(openaiResponsesDelegate, [incomplete]).answer.finishDetail).toEqual(incomplete_details);
    const choice = { index: 0, delta: {}, finish_reason: 'content_filter', content_filter_results: filtered };
    expect(feed(openaiChatDelegate, [{ choices: [choice] }, '[DONE]']).answer.finishDetail).toEqual(filtered);
  });

  it.each([undefined, null, 'refused', [], {}, { explanation: 'x'.repeat(20_000) }])(
    'are absent if the vendor sends none, or no end',
    (told) => {
      expect(feed(anthropicDelegate, end(told)).answer).not.toHaveProperty('finishDetail');
    },
  );
});
