import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';
import { GitlabDuoHttpModule, ModelsController, ProblemFilter } from 'nestjs-gitlab-duo/http';
import { type Sandbox } from 'nestjs-gitlab-duo/sandbox';
import { HeaderOwner } from './header-owner.js';
import { SANDBOX, SandboxModule } from './sandbox.module.js';
import { Ticket } from './tickets/ticket.entity.js';
import { TicketsModule } from './tickets/tickets.module.js';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true, // creates the tables; in production migrations do
    }),
    GitlabDuoModule.forRootAsync({
      imports: [SandboxModule],
      inject: [SANDBOX],
      useFactory: (sandbox: Sandbox | null) =>
        sandbox === null ? {} : { apiKey: 'any', instanceUrl: sandbox.url, gatewayUrl: sandbox.url },
    }),
    TicketsModule,
    GitlabDuoHttpModule.register({ chat: Ticket, path: 'tickets', owner: HeaderOwner }),
  ],
  controllers: [ModelsController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
export class AppModule {}
