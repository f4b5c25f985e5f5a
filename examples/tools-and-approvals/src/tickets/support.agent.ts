import { Agent, type AgentContext, DuoAgent } from 'nestjs-gitlab-duo';
import { z } from 'zod';
import { FindOrder } from '../orders/find-order.tool.js';
import { RefundOrder } from '../orders/refund-order.tool.js';
import { Ticket } from './ticket.entity.js';

const Inputs = z.object({ customer: z.string().min(1), language: z.string().default('English') });

/** Answers in tickets, with what the application knows about the customer. */
@Agent({ chat: Ticket, inputs: Inputs, tools: [FindOrder, RefundOrder] })
export class SupportAgent extends DuoAgent<typeof Inputs> {
  override instructions({ inputs }: AgentContext<typeof Inputs>): string {
    return `You help the customer ${inputs.customer}. Write ${inputs.language}.`;
  }
}
