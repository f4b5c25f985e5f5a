import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat, GitlabDuoModule } from 'nestjs-gitlab-duo';
import { GitlabDuoUiModule } from 'nestjs-gitlab-duo/ui';
import { SessionOwner, SessionsModule } from './http-host.js';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true,
    }),
    GitlabDuoModule.forRoot(),
    GitlabDuoUiModule.register({ chat: Chat, path: 'api/chat', imports: [SessionsModule], owner: SessionOwner }),
  ],
})
export class UiHostModule {}
