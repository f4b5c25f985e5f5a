import { type DuoTool, Tool, type ToolInput } from 'nestjs-gitlab-duo';
import { z } from 'zod';
import { Orders } from './orders.service.js';

const Input = z.object({ id: z.string() });

/** Moves money, so a person approves each call before it runs. */
@Tool({
  description: 'Refund an order',
  parameters: Input,
  requiresApproval: true,
  idempotent: true,
})
export class RefundOrder implements DuoTool<typeof Input> {
  constructor(private readonly orders: Orders) {}

  execute({ id }: ToolInput<typeof Input>): string {
    const { total } = this.orders.refund(id);
    return `Refunded ${total}`;
  }
}
