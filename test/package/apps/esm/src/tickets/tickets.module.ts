import { Module } from '@nestjs/common';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';
import { ExplainController } from './explain.controller.js';
import { Ticket } from './ticket.entity.js';

@Module({ imports: [GitlabDuoModule.forFeature([Ticket])], controllers: [ExplainController] })
export class TicketsModule {}
