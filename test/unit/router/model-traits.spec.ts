import { type ConsoleLogger, Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ToolChoice } from '../../../src/messages/model-request.interface.js';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.js';
import { user, weather } from '../delegates/conversation.js';
import { type Client, clientOf } from '../gateway/client.js';

const clock = { ...weather, name: 'clock' };
const warnings: string[] = [];

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  warnings.length = 0;
  const warn: ConsoleLogger['warn'] = (message: string) => void warnings.push(message);
  Logger.overrideLogger({ warn, log: () => undefined, error: () => undefined });
});
afterAll(async () => {
  Logger.overrideLogger(false);
  await sandbox.close();
});

async function using(today: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = clientOf(sandbox.url, { retries: { tries: 1 } }, () => today);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

describe('A model that refuses forced tools', () => {
  // "What's new in Claude Fable 5.1": tool_choice "tool" and "any" are answered with a 400.
  const ask = (model: string, toolChoice: ToolChoice) =>
    using('2026-11-30', async ({ router }) => {
      const request = { model, messages: [user('Hello')], params: { toolChoice }, tools: [weather, clock] };
      const { error } = await router.route(request, { onEvents: () => undefined });
      if (error !== undefined) throw error as Error;
    });
  const body = () => sandbox.calls.lastRequests['anthropic-messages']?.body as JsonObject;
  const said = () => (body().messages as { content: { text: string }[] }[]).at(-1)?.content.map(({ text }) => text);

  it.each(['duo-chat-opus-5-5', 'duo-chat-sonnet-5-5', 'duo-chat-fable-5-1'])(
    'receives the request to call %s in words',
    async (model) => {
      await ask(model, 'required');
      expect(body().tool_choice).toEqual({ type: 'auto' });
      expect(said()).toEqual([
        'Hello',
        'Call at least one of these tools now, before you say anything else: "weather", "clock".',
      ]);
      await ask(model, { tool: 'clock' });
      expect(body().tool_choice).toEqual({ type: 'auto' });
      expect(said()).toEqual(['Hello', 'Call the tool "clock" now, before you say anything else.']);
      // The same set as without the choice: thinking is bound to it.
      expect(new Set((body().tools as { name: string }[]).map(({ name }) => name))).toEqual(
        new Set(['weather', 'clock']),
      );
    },
  );

  it('receives no such words without a forced tool, and other models are forced', async () => {
    await ask('duo-chat-opus-5-5', 'none');
    expect(body().tool_choice).toEqual({ type: 'none' });
    expect(said()).toEqual(['Hello']);
    await ask('duo-chat-fable-5', 'required');
    expect(body().tool_choice).toEqual({ type: 'any' });
    expect(said()).toEqual(['Hello']);
  });
});

describe('A model with an end of life', () => {
  const use = async ({ router }: Client, ...models: string[]) => {
    for (const model of models) await router.route({ model, messages: [user('Hello')] }, { onEvents: () => undefined });
  };

  it('causes one warning, which names a replacement', () =>
    using('2026-11-30', async (client) => {
      await use(client, 'duo-chat-sonnet-4-5', 'duo-chat-opus-4-5', 'duo-chat-sonnet-4-6', 'duo-chat-sonnet-4-5');
      expect(warnings).toEqual([
        'The model "duo-chat-sonnet-4-5" is past its end of life (2026-11-30): its vendor may refuse it at any time. Use "duo-chat-sonnet-4-6" instead.',
        'The model "duo-chat-opus-4-5" reaches its end of life on 2027-01-22. Use "duo-chat-opus-4-6" instead.',
      ]);
    }));

  it('causes a warning in each application of a process, with another text before its day', async () => {
    const warning =
      'The model "duo-chat-sonnet-4-5" reaches its end of life on 2026-11-30. Use "duo-chat-sonnet-4-6" instead.';
    for (const expected of [[warning], [warning, warning]]) {
      await using('2026-11-29', async (client) => {
        await use(client, 'duo-chat-sonnet-4-5', 'duo-chat-sonnet-4-5');
        expect(warnings).toEqual(expected);
      });
    }
  });
});
