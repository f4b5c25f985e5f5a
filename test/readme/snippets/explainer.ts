import { Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, DuoChatService, GitlabDuoModule } from 'nestjs-gitlab-duo';

const postgres = {
  type: 'postgres',
  url: process.env.DATABASE_URL,
  autoLoadEntities: true,
  synchronize: true, // creates the tables; in production migrations do
} as const;

@Injectable()
export class Explainer {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  async explain(topic: string, ownerId: string) {
    const chat = await this.chats.create({ ownerId, instructions: 'Be brief.' });
    return chat.ask(`Explain ${topic}`, (chunk) => process.stdout.write(chunk.text)); // the stored message
  }
}

@Module({
  imports: [TypeOrmModule.forRoot(postgres), GitlabDuoModule.forRoot(), GitlabDuoModule.forFeature([Chat])],
  providers: [Explainer],
})
export class AppModule {}
