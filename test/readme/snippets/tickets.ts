import { ActsAsChat, ActsAsMessage } from 'nestjs-gitlab-duo';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';

@Entity('customers')
export class Customer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'text' })
  name!: string;
}

@Entity('ticket_messages')
export class TicketMessage extends ActsAsMessage<Ticket>({ chat: () => Ticket }) {
  @Column({ type: 'integer', default: 0 })
  stars!: number;
}

@Entity('tickets')
export class Ticket extends ActsAsChat<TicketMessage>({ messages: () => TicketMessage, model: 'duo-chat-gpt-5-1' }) {
  @Column({ type: 'text', nullable: true })
  subject!: string | null;

  @ManyToOne(() => Customer, { nullable: true })
  @JoinColumn({ name: 'customer_id' })
  customer?: Relation<Customer> | null;
}
