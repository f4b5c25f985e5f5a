import { ActsAsChat } from 'nestjs-gitlab-duo';
import { Column, Entity } from 'typeorm';
import { TicketMessage } from './ticket-message.entity.js';

@Entity('tickets')
export class Ticket extends ActsAsChat<TicketMessage>({ messages: () => TicketMessage, model: 'duo-chat-gpt-5-1' }) {
  @Column({ type: 'text', nullable: true })
  subject!: string | null;
}
