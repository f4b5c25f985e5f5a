import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { messageRecord } from '../../src/chats/message-entity.js';
import { anthropicDelegate } from '../../src/delegates/anthropic/anthropic.delegate.js';
import { openaiChatDelegate } from '../../src/delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../../src/delegates/openai-responses/openai-responses.delegate.js';
import { Chat, DuoChatService, DuoService, type DuoTool, type MemoryChat, Tool } from '../../src/index.js';
import { feed } from '../unit/delegates/feed.js';
import { beginSse, closed, sse, startUpstream, type Upstream } from '../unit/gateway/upstream.js';
import { startTestHost, type TestHost } from './support/test-module.js';
import { type VendorWire, vendorWires } from './support/vendor-wires.js';

const seen: unknown[] = [];

@Tool({
  description: 'Pays',
  parameters: { type: 'object', properties: { to: { type: ['string', 'integer'] } }, required: ['to'] },
})
class Pay implements DuoTool {
  execute(input: object): string {
    seen.push(input);
    return 'paid';
  }
}

@Module({ providers: [Pay] })
class Tools {}

describe.each(Object.entries(vendorWires))('An answer of %s', (_api, wire: VendorWire) => {
  let upstream: Upstream;
  let host: TestHost;

  beforeAll(async () => {
    upstream = await startUpstream();
    host = await startTestHost([Chat], {
      imports: [Tools],
      gitlab: {
        instanceUrl: upstream.url,
        gatewayUrl: upstream.url,
        maxAnswerBytes: 1_000,
        // A bound is no reason to ask, and to pay, again.
        retries: { tries: 3 },
      },
    });
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    seen.length = 0;
  });
  afterAll(async () => {
    await host.close();
    await upstream.close();
  });

  const chats = async (): Promise<(Chat | MemoryChat)[]> => [
    host.app.get(DuoService).chat({ model: wire.model }),
    await host.app.get<DuoChatService<Chat>>(DuoChatService).create({ model: wire.model }),
  ];

  const messagesOf = async (chat: Chat | MemoryChat) =>
    chat instanceof Chat
      ? (await host.app.get<DuoChatService<Chat>>(DuoChatService).messages(chat.id)).items
      : chat.messages;

  const tooLarge = { code: 'upstream_error', isRetryable: false, message: expect.stringContaining('maxAnswerBytes') };

  it('that never ends is closed at its size limit, and stored as failed up to there', async () => {
    for (const chat of await chats()) {
      upstream.onGateway((response) => {
        beginSse(response);
        // The connection stays open: only the client can end it.
        response.write(wire.start + wire.text('x'.repeat(300)).repeat(5));
      });
      await expect(chat.ask('Hello')).rejects.toMatchObject(tooLarge);
      await closed(upstream.request());
      expect(upstream.requests.splice(0)).toHaveLength(1);
      expect((await messagesOf(chat)).at(-1)).toMatchObject({
        role: 'assistant',
        status: 'failed',
        text: 'x'.repeat(1_000),
        parts: [{ type: 'text', text: 'x'.repeat(1_000) }],
      });
      upstream.onGateway(sse(wire.start, wire.text('Hi'), wire.lastUsage, wire.end));
      expect((await chat.complete()).text).toBe('Hi');
      upstream.requests.length = 0;
    }
  });

  it('with endless arguments fails, and runs no tool', async () => {
    for (const chat of await chats()) {
      upstream.onGateway(sse(wire.start + wire.call(`{"to":"${'x'.repeat(2_000)}"}`)));
      await expect(chat.withTools(Pay).ask('Pay')).rejects.toMatchObject(tooLarge);
      expect(upstream.requests.splice(0)).toHaveLength(1);
      expect((await messagesOf(chat)).at(-1)).toMatchObject({
        role: 'assistant',
        status: 'failed',
        text: '',
        parts: [],
      });
      expect(seen).toEqual([]);
    }
  });

  it.each([
    [
      'an integer beyond 2^53',
      '{"to":12345678901234567890}',
      /its number 12345678901234567890 has more digits.*string/,
    ],
    ['more than 1,000 levels', `{"to":${'['.repeat(1_000)}${']'.repeat(1_000)}}`, /nested deeper than 1,000 levels/],
  ])('with %s as arguments runs no tool, and the model gets the reason', async (_what, json, problem) => {
    const large = await startTestHost([Chat], {
      imports: [Tools],
      gitlab: { instanceUrl: upstream.url, gatewayUrl: upstream.url },
    });
    const persisted = await large.app.get<DuoChatService<Chat>>(DuoChatService).create({ model: wire.model });
    for (const chat of [large.app.get(DuoService).chat({ model: wire.model }), persisted]) {
      upstream.onGateway(
        sse(wire.start + wire.call(json)),
        sse(wire.start + wire.call('{"to":"12345678901234567890"}')),
        sse(wire.start, wire.text('Paid.'), wire.lastUsage, wire.end),
      );
      expect((await chat.withTools(Pay).ask('Pay')).text).toBe('Paid.');
      expect(seen.splice(0)).toEqual([{ to: '12345678901234567890' }]);
      const bodies = upstream.requests.splice(0).map(({ body }) => body);
      expect(bodies[1]).toMatch(problem);
      // What was refused is not sent back in other digits.
      expect(bodies[2]).not.toContain('12345678901234567000');
    }
    await large.close();
  });
});

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
