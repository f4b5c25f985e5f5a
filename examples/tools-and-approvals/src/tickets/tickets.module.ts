import { Module } from '@nestjs/common';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';
import { HeaderOwner } from '../header-owner.js';
import { FindOrder } from '../orders/find-order.tool.js';
import { Orders } from '../orders/orders.service.js';
import { RefundOrder } from '../orders/refund-order.tool.js';
import { SupportAgent } from './support.agent.js';
import { SupportController } from './support.controller.js';
import { Ticket } from './ticket.entity.js';

@Module({
  imports: [GitlabDuoModule.forFeature([Ticket])],
  controllers: [SupportController],
  providers: [Orders, FindOrder, RefundOrder, SupportAgent, HeaderOwner],
})
export class TicketsModule {}
