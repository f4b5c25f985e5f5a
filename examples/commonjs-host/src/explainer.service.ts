import { Injectable } from '@nestjs/common';
import { Chat, DuoChatService } from 'nestjs-gitlab-duo';

@Injectable()
export class Explainer {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  async explain(topic: string): Promise<{ text: string; chunks: string[] }> {
    const chat = await this.chats.create({ instructions: 'Be brief.' });
    const chunks: string[] = [];
    const { text } = await chat.ask(`Explain ${topic}`, (chunk) => chunks.push(chunk.text));
    return { text, chunks };
  }
}
