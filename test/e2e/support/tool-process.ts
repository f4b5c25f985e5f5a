/**
 * An application of its own that asks a chat, of the database and the sandbox given as arguments, to call tools, or goes
 * on with the chat whose id is given: `quick` has its result at once, `slow` and `again` never, and `pay` needs an
 * approval. It tells the id of the chat, and is there to be killed.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type Recovery } from '../../../src/config/gitlab-duo-options.interface.js';
import { Chat, DuoChatService, GitlabDuoModule } from '../../../src/index.js';
import { moduleOf, testTool } from './test-tool.js';

const [, , url = '', gitlabUrl = '', recovery, content = '', chatId] = process.argv;

const never = (): Promise<never> => new Promise(() => undefined);
const tools = [
  testTool('quick', () => 'Quick'),
  testTool('slow', never),
  testTool('again', never, { idempotent: true }),
  testTool('pay', never, { requiresApproval: true }),
];

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
    GitlabDuoModule.forRoot({
      apiKey: 'glpat-testtesttesttesttest',
      instanceUrl: gitlabUrl,
      gatewayUrl: gitlabUrl,
      recovery: recovery as Recovery,
    }),
    GitlabDuoModule.forFeature([Chat]),
    moduleOf(tools),
  ],
})
class ToolModule {}

const app = await NestFactory.createApplicationContext(ToolModule, { logger: ['error'] });
const chats = app.get<DuoChatService<Chat>>(DuoChatService);
const chat = chatId === undefined ? await chats.create() : await chats.find(chatId);
process.send?.(chat.id);
await (chatId === undefined ? chat.withTools(...tools).ask(content) : chat.complete());
