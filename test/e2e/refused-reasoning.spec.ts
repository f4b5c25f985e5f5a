import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Chat, DuoChatService, type DuoTool, Tool } from '../../src/index.js';
import { historyHash } from '../../src/sandbox/index.js';
import { type ReasoningPart } from '../../src/messages/part.interface.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { RunRows } from './support/run-rows.js';
import { startTestHost, type TestHost } from './support/test-module.js';

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'Looks at something', parameters })
class Look implements DuoTool<{ at: string }> {
  execute(input: { at: string }): object {
    return { seen: input.at };
  }
}

@Module({ providers: [Look] })
class ToolsModule {}

let shared: TestDatabase;
let host: TestHost;
let chats: DuoChatService<Chat>;

beforeAll(async () => {
  shared = await createTestDatabase();
  host = await startTestHost([Chat], { database: shared, imports: [ToolsModule] });
  chats = host.app.get(DuoChatService);
});
beforeEach(() => {
  host.sandbox.reset();
});
afterAll(async () => {
  await host.close();
  await shared.drop();
});

async function reasoningOf(chat: Chat): Promise<ReasoningPart[]> {
  const { items } = await chats.messages(chat.id);
  return items.flatMap(({ parts }) => parts.filter((part) => part.type === 'reasoning'));
}

describe.each([
  ['duo-chat-haiku-4-5', 'anthropic-messages'],
  ['duo-chat-opus-4-7', 'anthropic-messages'],
  ['duo-chat-gpt-5-6-sol', 'openai-responses'],
] as const)('A chat of %s whose reasoning the vendor rejects', (model, api) => {
  const lastRequest = () => JSON.stringify(host.sandbox.calls.lastRequests[api]);
  const attempts = (chat: Chat) => new RunRows(host.database).attempts(chat.id);

  it('continues without it, and with later reasoning', async () => {
    const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
    await chat.ask('One');
    host.sandbox.fault({ fault: 'gateway-reasoning-refused' });
    for (const question of ['Two', 'Three']) {
      const { text, finishReason } = await chat.ask(question);
      const { items } = await chats.messages(chat.id);
      expect(text).toContain(`History: ${historyHash(items.slice(0, -1))}.`);
      expect(finishReason).toBe('stop');
    }
    expect(await attempts(chat)).toEqual(['succeeded', 'failed', 'succeeded', 'succeeded']);
    const stored = await reasoningOf(chat);
    expect(stored.map(({ raw }) => raw !== undefined)).toEqual([true, true, true]);
    expect(stored.map(({ raw }) => lastRequest().includes(JSON.stringify(raw)))).toEqual([false, true, false]);
  });

  it('continues while each ask is rejected once, with its tool calls', async () => {
    const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
    chat.withTools(Look);
    await chat.ask('call look {"at":"sun"}');
    host.sandbox.fault({ fault: 'gateway-reasoning-refused', times: 0 });
    for (const at of ['moon', 'sea', 'sky']) {
      const { status, text } = await chat.ask(`call look {"at":"${at}"}`);
      expect([status, text]).toEqual(['complete', expect.stringContaining(`{"seen":"${at}"}`)]);
    }
    // Without thinking before its call, Haiku may not think behind the result, so that the next ask replays none.
    const first = model === 'duo-chat-haiku-4-5' ? ['succeeded'] : ['failed', 'succeeded'];
    const later = [...first, 'failed', 'succeeded'];
    expect(await attempts(chat)).toEqual([
      'succeeded',
      'succeeded',
      'failed',
      'succeeded',
      'failed',
      'succeeded',
      ...later,
      ...later,
    ]);
    expect((await reasoningOf(chat)).length).toBeGreaterThan(3);
  });

  it('reports a failure of the retry', async () => {
    const chat = await chats.create({ model, params: { thinking: { effort: 'low' } } });
    await chat.ask('One');
    host.sandbox.fault({ fault: 'gateway-reasoning-refused' });
    host.sandbox.fault({ fault: 'stream-cut' });
    await expect(chat.ask('Two')).rejects.toMatchObject({ code: 'upstream_error' });
    // The Responses API tells what a request costs at its end alone.
    const cut = api === 'openai-responses' ? 'unknown' : 'failed';
    expect(await attempts(chat)).toEqual(['succeeded', 'failed', cut]);
    expect((await chat.ask('Three')).status).toBe('complete');
  });
});
