import { Injectable } from '@nestjs/common';
import { Chat, DuoChatService } from 'nestjs-gitlab-duo';

@Injectable()
export class Tutor {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  async teach(chatId: string, ownerId: string, signal: AbortSignal) {
    const chat = await this.chats.find(chatId, { ownerId });
    chat.withInstructions('You are a patient tutor.').withModel('duo-chat-haiku-4-5').withTemperature(0.2);
    await chat.ask('What is a transaction?', { signal });

    for await (const event of chat.stream('Tell me a story about one', { model: 'duo-chat-gpt-5-1' })) {
      if (event.type === 'text-delta') process.stdout.write(event.text);
      if (event.type === 'reset') process.stdout.write('\n— once more —\n');
    }

    await chat.addMessage({ role: 'user', content: 'And what is a lock?' });
    const answer = await chat.complete();
    const { inputTokens, outputTokens } = await chat.usage();
    return { text: answer.text, inputTokens, outputTokens };
  }
}
