import { Injectable, NotFoundException } from '@nestjs/common';

export interface Order {
  id: string;
  total: number;
  refunded: boolean;
}

/** The shop's orders: two of them, in memory. */
@Injectable()
export class Orders {
  private readonly orders: Order[] = [
    { id: 'A-1', total: 40, refunded: false },
    { id: 'A-2', total: 900, refunded: false },
  ];

  /** @throws NotFoundException */
  find(id: string): Order {
    const order = this.orders.find((one) => one.id === id);
    if (order === undefined) throw new NotFoundException(`There is no order ${id}.`);
    return order;
  }

  /** Pays an order back; again for the same order it changes nothing. */
  refund(id: string): Order {
    return Object.assign(this.find(id), { refunded: true });
  }
}
