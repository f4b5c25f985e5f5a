import { Injectable } from '@nestjs/common';
import { Chat, DuoChatService } from 'nestjs-gitlab-duo';

@Injectable()
export class Stories {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  /** However often it is called with one key, there is one run, and one question in the chat. */
  async begin(chatId: string, ownerId: string, idempotencyKey: string) {
    const chat = this.chats.ref(chatId, { ownerId });
    const run = await chat.start('Tell me a story', { idempotencyKey, whenBusy: 'enqueue' });
    return run.id;
  }

  /** From any event on, on any instance, while the run works and after. */
  async *read(chatId: string, ownerId: string, runId: string, after = -1, signal?: AbortSignal) {
    const run = this.chats.ref(chatId, { ownerId }).run(runId);
    for await (const event of run.events({ after, signal })) if (event.type === 'text-delta') yield event.text;
  }

  async answer(chatId: string, ownerId: string, runId: string) {
    return this.chats.ref(chatId, { ownerId }).run(runId).result(); // the stored message, as ask() returns it
  }

  async stop(chatId: string, ownerId: string, runId: string) {
    await this.chats.ref(chatId, { ownerId }).run(runId).cancel();
  }
}
