// What a Nest team would write today with AI SDK and GitLab's provider: a validated body, TypeORM's repositories, and
// `streamText`. It loads the whole history each time, and has no lock, ledger, run, log, limit of calls or security
// headers, nor does it wait for a slow reader: two asks of one chat mix, and a crash loses the answer.
// Arguments: the URLs of the upstream and of the database, and the name of AI SDK's package.
import 'reflect-metadata';
import {
  Body,
  Controller,
  Module,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Res,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { type ModelMessage, type streamText } from 'ai';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { type FastifyReply } from 'fastify';
import { createGitLab } from 'gitlab-ai-provider';
import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, type Repository, UpdateDateColumn } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';

const [upstream, databaseUrl, sdk = 'ai'] = process.argv.slice(2);
const ai = (await import(sdk)) as { streamText: typeof streamText };
const gitlab = createGitLab({ apiKey: 'token', instanceUrl: upstream, aiGatewayUrl: upstream });

@Entity('chats')
class PeerChat {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column('text')
  model!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}

@Entity('messages')
@Index(['chatId', 'id'])
class PeerMessage {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'chat_id' })
  chatId!: string;

  @Column('text')
  role!: 'user' | 'assistant';

  @Column('text')
  content!: string;

  @Column('int', { name: 'output_tokens', nullable: true })
  outputTokens!: number | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

class AskDto {
  @IsString()
  @MinLength(1)
  @MaxLength(1_000_000)
  content!: string;
}

@Controller('chats')
class PeerChatsController {
  constructor(
    @InjectRepository(PeerChat) private readonly chats: Repository<PeerChat>,
    @InjectRepository(PeerMessage) private readonly messages: Repository<PeerMessage>,
  ) {}

  @Post(':id/messages')
  async ask(
    @Param('id', ParseUUIDPipe) chatId: string,
    @Body() { content }: AskDto,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const chat = await this.chats.findOneBy({ id: chatId, ownerId: 'local' });
    if (chat === null) throw new NotFoundException();
    const history = await this.messages.find({ where: { chatId }, order: { id: 'ASC' } });
    await this.messages.insert({ id: uuidv7(), chatId, role: 'user', content });
    const messages: ModelMessage[] = [
      ...history.map(({ role, content }) => ({ role, content })),
      { role: 'user', content },
    ];
    const { textStream, text, usage } = ai.streamText({ model: gitlab(chat.model), messages });
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    for await (const piece of textStream) {
      if (piece !== '') reply.raw.write(`event: text-delta\ndata: ${JSON.stringify({ text: piece })}\n\n`);
    }
    const { outputTokens = null } = await usage;
    await this.messages.insert({ id: uuidv7(), chatId, role: 'assistant', content: await text, outputTokens });
    await this.chats.update({ id: chatId }, { model: chat.model });
    reply.raw.end('event: run-end\ndata: {}\n\n');
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: databaseUrl,
      entities: [PeerChat, PeerMessage],
      synchronize: true,
      extra: { max: 20 },
    }),
    TypeOrmModule.forFeature([PeerChat, PeerMessage]),
  ],
  controllers: [PeerChatsController],
})
class PeerModule {}

const app = await NestFactory.create<NestFastifyApplication>(PeerModule, new FastifyAdapter(), { logger: ['error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
await app.listen(0, '127.0.0.1');
console.log(`listens on ${await app.getUrl()}`);
process.on('disconnect', () => process.exit());
