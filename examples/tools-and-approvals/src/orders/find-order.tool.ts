import { type DuoTool, Tool, type ToolInput } from 'nestjs-gitlab-duo';
import { z } from 'zod';
import { type Order, Orders } from './orders.service.js';

const Input = z.object({ id: z.string() });

/** Safe: it only reads. */
@Tool({ description: 'Find an order by its number', parameters: Input, idempotent: true })
export class FindOrder implements DuoTool<typeof Input> {
  constructor(private readonly orders: Orders) {}

  execute({ id }: ToolInput<typeof Input>): Order {
    return this.orders.find(id);
  }
}
