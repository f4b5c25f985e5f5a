import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Entity } from 'typeorm';
import {
  ActsAsChat,
  ActsAsMessage,
  DuoChatService,
  type DuoTool,
  RunLostError,
  Tool,
  type ToolContext,
} from '../../src/index.js';
import { ToolRegistry } from '../../src/tools/tool-registry.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

const parameters = { type: 'object' as const, properties: {} };
const contexts: ToolContext[] = [];
let release = (): void => undefined;

@Tool({ description: 'The default tool', parameters })
class Greet implements DuoTool {
  execute(_input: unknown, context: ToolContext): string {
    contexts.push(context);
    return 'Greetings';
  }
}

@Tool({ description: 'Waits until it is let go', parameters })
class Wait implements DuoTool {
  async execute(): Promise<string> {
    await new Promise<void>((resolve) => (release = resolve));
    return 'Waited';
  }
}

@Tool({ description: 'Registered nowhere', parameters })
class Homeless implements DuoTool {
  execute(): string {
    return 'Never';
  }
}

@Module({ providers: [Greet, Wait] })
class ToolsModule {}

@Entity('greeting_messages')
class GreetingMessage extends ActsAsMessage<Greeting>({ chat: () => Greeting }) {}

@Entity('greetings')
class Greeting extends ActsAsChat<GreetingMessage>({ messages: () => GreetingMessage, tools: () => [Greet] }) {}

@Entity('lost_messages')
class LostMessage extends ActsAsMessage<Lost>({ chat: () => Lost }) {}

@Entity('losts')
class Lost extends ActsAsChat<LostMessage>({ messages: () => LostMessage, tools: () => [Homeless] }) {}

@Injectable()
class Plain {
  execute(): string {
    return 'Plain';
  }
}

describe('A kind of chat with tools', () => {
  const host = useTestHost([Greeting], { imports: [ToolsModule] });
  let chats: DuoChatService<Greeting>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('offers them in chats without tools of their own, and passes the owner to the tool', async () => {
    const chat = await chats.create({ ownerId: 'ann' });
    expect(chat.tools).toBeNull();
    const { text, runId } = await chat.ask('call greet {}');
    expect(text).toContain('The tools said: "Greetings"');
    expect(contexts.at(-1)).toMatchObject({ ownerId: 'ann', runId, toolCallId: expect.any(String) });
    expect(contexts.at(-1)?.chat).toBe(chat);
    expect((await chats.ref(chat.id, { ownerId: 'ann' }).ask('call greet {}')).text).toContain('The tools said');
  });

  it('stores the tools that a chat sets, which apply from then on', async () => {
    const chat = await chats.create({});
    await chat.withTools(Wait).ask('Hello');
    expect((await chats.find(chat.id)).tools).toEqual(['wait']);
    expect((await chats.ref(chat.id).ask('call greet {}')).text).toContain('The tools said: "There is no tool');
    expect((await chats.ref(chat.id).ask('call greet {}', { tools: [Greet] })).text).toContain('"Greetings"');
    await chat.withTools(null).ask('Hello');
    expect((await chats.find(chat.id)).tools).toEqual([]);
  });

  it('omits a tool that no longer exists, and refuses a class that is not a tool', async () => {
    const chat = await chats.create({});
    await host.database.query(`UPDATE greetings SET tools = '["gone", "greet"]' WHERE id = $1`, [chat.id]);
    expect((await chats.ref(chat.id).ask('call gone {}\ncall greet {}')).text).toContain(
      'There is no tool \\"gone\\". Use one of these: greet.'.replaceAll('\\', ''),
    );
    expect(() => host.app.get(ToolRegistry).of(Plain)).toThrow('is no tool');
    await expect(chat.withTools(Plain).ask('Hello')).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it('stores nothing of a run that another instance has taken over', async () => {
    const chat = await chats.create({});
    const asking = chat.ask('call wait {}', { tools: [Wait] }).catch((error: unknown) => error);
    const running = async (): Promise<boolean> => {
      const calls: unknown[] = await host.database.query("SELECT 1 FROM duo_tool_calls WHERE status = 'running'");
      return calls.length > 0;
    };
    await until(running);
    await host.database.query('UPDATE duo_runs SET fence = fence + 1 WHERE chat_id = $1', [chat.id]);
    release();
    expect(await asking).toBeInstanceOf(RunLostError);
    await sleep(50);
    expect((await chats.messages(chat.id)).items.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(await running()).toBe(true);
  });

  it('stops the start if one of its tools is not a provider', async () => {
    await expect(startTestHost([Lost])).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
