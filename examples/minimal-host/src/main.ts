import 'reflect-metadata';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, DuoChatService, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { startSandbox } from 'nestjs-gitlab-duo/sandbox';

// Without a token a GitLab Duo on this machine answers; with one, forRoot() needs no options.
const sandbox = process.env.GITLAB_TOKEN === undefined ? await startSandbox() : undefined;
const options = sandbox && { apiKey: 'any', instanceUrl: sandbox.url, gatewayUrl: sandbox.url };

@Controller('explain')
class ExplainController {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  @Post()
  async explain(@Body() { topic }: { topic: string }): Promise<{ text: string; chunks: string[] }> {
    const chat = await this.chats.create({ instructions: 'Be brief.' });
    const chunks: string[] = [];
    const { text } = await chat.ask(`Explain ${topic}`, (chunk) => chunks.push(chunk.text));
    return { text, chunks };
  }
}

@Module({
  imports: [
    // synchronize creates the tables; in production migrations do.
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true,
    }),
    GitlabDuoModule.forRoot(options),
    GitlabDuoModule.forFeature([Chat]),
  ],
  controllers: [ExplainController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);

process.once('SIGTERM', () => void app.close().then(() => sandbox?.close()));
