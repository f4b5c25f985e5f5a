import { describe, expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { Entity } from 'typeorm';
import {
  ActsAsChat,
  ActsAsMessage,
  Agent,
  Chat,
  DuoAgent,
  type DuoChatService,
  getDuoChatToken,
  type Message,
  Tool,
} from '../../src/index.js';
import { startTestHost, type TestHost } from './support/test-module.js';

const parameters = { type: 'object' as const, properties: {} };

@Tool({ description: 'The tool of the kind', parameters })
class Greet {
  execute(): string {
    return 'Greetings';
  }
}

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({
  messages: () => CaseMessage,
  tools: () => [Greet],
  model: 'duo-chat-haiku-4-5',
}) {}

@Entity('note_messages')
class NoteMessage extends ActsAsMessage<Note>({ chat: () => Note }) {}

@Entity('notes')
class Note extends ActsAsChat<NoteMessage>({ messages: () => NoteMessage, default: true }) {}

@Agent({ chat: Case })
class Lawyer extends DuoAgent<object, Case> {}

@Agent()
class Clerk extends DuoAgent {}

@Module({ providers: [Greet, Lawyer, Clerk], exports: [Lawyer, Clerk] })
class AgentsModule {}

async function withHost(kinds: Type<Chat>[], work: (host: TestHost) => Promise<void>): Promise<void> {
  const host = await startTestHost(kinds, { imports: [AgentsModule] });
  try {
    await work(host);
  } finally {
    await host.close();
  }
}

describe('An agent with several kinds of chat', () => {
  it("persists its chats in its kind, or else in the default one, without the kind's tools", async () => {
    await withHost([Case, Note], async ({ app }) => {
      const filed: Case = await app.get(Lawyer).createChat();
      expect(filed).toBeInstanceOf(Case);
      expect(filed).toMatchObject({ agent: 'lawyer', model: 'duo-chat-haiku-4-5' });
      const answer: CaseMessage = await filed.ask('call greet {}');
      expect(answer).toBeInstanceOf(CaseMessage);
      expect(answer.text).not.toContain('Greetings');
      expect(await app.get(Lawyer).find(filed.id)).toBeInstanceOf(Case);
      expect(await app.get(Clerk).createChat()).toBeInstanceOf(Note);
    });
  });

  it('is not available for other kinds', async () => {
    await withHost([Case, Note], async ({ app }) => {
      const [cases, notes] = [Case, Note].map((kind) => app.get<DuoChatService<Chat>>(getDuoChatToken(kind)));
      expect(await cases?.create({ agent: 'lawyer' })).toBeInstanceOf(Case);
      expect(await notes?.create({ agent: 'clerk' })).toBeInstanceOf(Note);
      const refusal = 'There is no agent "lawyer" for this kind of chat. There are: "clerk".';
      await expect(notes?.create({ agent: 'lawyer' })).rejects.toMatchObject({
        code: 'validation_failed',
        message: refusal,
      });
    });
  });

  it('works in memory without a default kind, and names the kind that is missing', async () => {
    await withHost([Case, Chat], async ({ app }) => {
      const { text }: Pick<Message, 'text'> = await app.get(Clerk).ask('Hello');
      expect(text).toContain('You said: "Hello"');
      await expect(app.get(Clerk).createChat()).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: expect.stringContaining('@Agent({ chat: … })'),
      });
    });
  });
});
