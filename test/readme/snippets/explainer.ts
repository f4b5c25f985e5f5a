import { Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, DuoChatService, GitlabDuoModule } from 'nestjs-gitlab-duo';

@Injectable()
export class Explainer {
  constructor(private readonly chats: DuoChatService<Chat>) {}

  async explain(topic: string, ownerId: string) {
    const chat = await this.chats.create({ ownerId, instructions: 'Be brief.' });
    return chat.ask(`Explain ${topic}`, (chunk) => process.stdout.write(chunk.text)); // the stored Message
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true, // makes the tables; migrations do it in production
    }),
    GitlabDuoModule.forRoot({ apiKey: process.env.GITLAB_TOKEN }),
    GitlabDuoModule.forFeature([Chat]),
  ],
  providers: [Explainer],
})
export class AppModule {}
