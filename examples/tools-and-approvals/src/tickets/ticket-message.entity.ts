import { ActsAsMessage } from 'nestjs-gitlab-duo';
import { Entity } from 'typeorm';
import { Ticket } from './ticket.entity.js';

@Entity('ticket_messages')
export class TicketMessage extends ActsAsMessage<Ticket>({ chat: () => Ticket }) {}
