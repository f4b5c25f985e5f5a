import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DuoService, type DuoTool, GitlabDuoModule, type RunEvent, Tool } from '../../../src/index.js';
import { PAT } from '../gateway/client.js';
import { frame, messageStart, sse, startUpstream, text, textDelta, type Upstream } from '../gateway/upstream.js';

let runs = 0;

@Tool({ description: 'Deletes all', parameters: { type: 'object', properties: {} } })
class Wipe implements DuoTool {
  execute(): string {
    runs += 1;
    return 'done';
  }
}

const refused = sse(
  messageStart,
  textDelta('I must not.'),
  frame({ type: 'content_block_stop', index: 0 }),
  frame({
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'a', name: 'wipe', input: {} },
  }),
  frame({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{}' } }),
  frame({ type: 'content_block_stop', index: 1 }),
  frame({ type: 'message_delta', delta: { stop_reason: 'refusal' } }),
  frame({ type: 'message_stop' }),
);

describe('A run whose model calls a tool and then refuses', () => {
  let upstream: Upstream;
  let app: INestApplicationContext;

  beforeAll(async () => {
    upstream = await startUpstream();
    @Module({
      imports: [GitlabDuoModule.forRoot({ apiKey: PAT, instanceUrl: upstream.url, gatewayUrl: upstream.url })],
      providers: [Wipe],
    })
    class HostModule {}
    app = await NestFactory.createApplicationContext(HostModule, { logger: false });
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it('ends with the refusal, runs no tool, and leaves a chat that can continue', async () => {
    upstream.onGateway(refused, text('Hello'));
    const chat = app.get(DuoService).chat({ model: 'duo-chat-haiku-4-5' }).withTools(Wipe);
    const events: RunEvent[] = [];
    for await (const event of chat.stream('Wipe it')) events.push(event);

    expect(runs).toBe(0);
    expect(upstream.requests).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual([
      'run-start',
      'message-start',
      'text-delta',
      'message-end',
      'run-end',
    ]);
    const said = { role: 'assistant', finishReason: 'refusal', parts: [{ type: 'text', text: 'I must not.' }] };
    expect(chat.messages.at(-1)).toMatchObject(said);
    expect(await chat.isComplete()).toBe(true);

    expect(await chat.ask('Then greet me')).toMatchObject({ text: 'Hello', finishReason: 'stop' });
    const { messages } = JSON.parse(upstream.request(1).body) as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(upstream.request(1).body).not.toContain('tool_use');
  });
});
