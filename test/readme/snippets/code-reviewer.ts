import { Injectable, Module } from '@nestjs/common';
import { Agent, DuoAgent } from 'nestjs-gitlab-duo';
import { Stations, Weather } from './weather.js';

@Agent({
  model: 'duo-chat-opus-4-6',
  instructions: 'You are a senior developer. You review code, and you are brief.',
  tools: [Weather],
})
export class CodeReviewer extends DuoAgent {}

@Injectable()
export class Reviews {
  constructor(private readonly reviewer: CodeReviewer) {}

  async review(code: string) {
    return this.reviewer.ask(`Review this: ${code}`); // a fresh chat in memory each time
  }

  async open(code: string, ownerId: string) {
    const chat = await this.reviewer.createChat({ ownerId, title: 'Review' });
    await chat.ask(`Review this: ${code}`, (chunk) => process.stdout.write(chunk.text));
    return chat.id;
  }

  async discuss(chatId: string, content: string, ownerId: string) {
    const chat = await this.reviewer.find(chatId, { ownerId });
    return chat.ask(content, { model: 'duo-chat-gpt-5-2' }); // options of an ask win
  }
}

@Module({ providers: [Stations, Weather, CodeReviewer, Reviews], exports: [Reviews] })
export class ReviewsModule {}
