import { type DuoTool, Tool } from 'nestjs-gitlab-duo';
import { z } from 'zod';
import { Orders } from './orders.service.js';

/** Moves money, so a person approves each call before it runs. */
@Tool({
  description: 'Refund an order',
  parameters: z.object({ id: z.string() }),
  requiresApproval: true,
  idempotent: true,
})
export class RefundOrder implements DuoTool<{ id: string }> {
  constructor(private readonly orders: Orders) {}

  execute({ id }: { id: string }): string {
    const { total } = this.orders.refund(id);
    return `Refunded ${total}`;
  }
}
