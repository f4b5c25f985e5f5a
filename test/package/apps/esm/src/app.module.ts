import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';
import { GitlabDuoHttpModule, ModelsController } from 'nestjs-gitlab-duo/http';
import { type Sandbox } from 'nestjs-gitlab-duo/sandbox';
import { SANDBOX, SandboxModule } from './sandbox.module.js';
import { Ticket } from './tickets/ticket.entity.js';
import { TicketsModule } from './tickets/tickets.module.js';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      autoLoadEntities: true,
      synchronize: true,
    }),
    GitlabDuoModule.forRootAsync({
      imports: [SandboxModule],
      inject: [SANDBOX],
      useFactory: (sandbox: Sandbox) => ({ apiKey: 'any', instanceUrl: sandbox.url, gatewayUrl: sandbox.url }),
    }),
    GitlabDuoHttpModule.register({ chat: Ticket, path: 'tickets' }),
    TicketsModule,
  ],
  controllers: [ModelsController],
})
export class AppModule {}
