import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { GitlabDuoHttpModule } from 'nestjs-gitlab-duo/http';
import { Explainer } from './explainer.service';
import { ExplainController } from './explain.controller';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true,
    }),
    GitlabDuoModule.forRoot(),
    GitlabDuoModule.forFeature([Chat]),
    GitlabDuoHttpModule.register({ chat: Chat }),
  ],
  controllers: [ExplainController],
  providers: [Explainer],
})
export class AppModule {}
