import { type DuoTool, Tool } from 'nestjs-gitlab-duo';
import { z } from 'zod';
import { type Order, Orders } from './orders.service.js';

/** Safe: it only reads. */
@Tool({ description: 'Find an order by its number', parameters: z.object({ id: z.string() }), idempotent: true })
export class FindOrder implements DuoTool<{ id: string }> {
  constructor(private readonly orders: Orders) {}

  execute({ id }: { id: string }): Order {
    return this.orders.find(id);
  }
}
