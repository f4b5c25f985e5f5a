/**
 * An application of its own that asks a chat, of the database and the sandbox given as arguments, to call tools, or goes
 * on with the chat whose id is given: `quick` has its result at once, `slow` and `again` never, and `pay` needs an
 * approval. It tells the id of the chat, and is there to be killed.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, DuoChatService, GitlabDuoModule } from '../../../src/index.js';
import { addTool, told } from './bound-tools.js';

const [, , url = '', gitlabUrl = '', content = '', chatId] = process.argv;

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
    GitlabDuoModule.forRoot({ apiKey: 'glpat-testtesttesttesttest', instanceUrl: gitlabUrl, gatewayUrl: gitlabUrl }),
    GitlabDuoModule.forFeature([Chat]),
  ],
})
class ToolModule {}

const app = await NestFactory.createApplicationContext(ToolModule, { logger: ['error'] });
const never = (): Promise<never> => new Promise(() => undefined);
const tools = [
  addTool(app, 'quick', () => told('Quick')),
  addTool(app, 'slow', never),
  addTool(app, 'again', never, { isIdempotent: true }),
  addTool(app, 'pay', never, { needsApproval: () => Promise.resolve(true) }),
];
const chats = app.get<DuoChatService<Chat>>(DuoChatService);
const chat = chatId === undefined ? await chats.create() : await chats.find(chatId);
process.send?.(chat.id);
await (chatId === undefined ? chat.withTools(...tools).ask(content) : chat.complete());
