import 'reflect-metadata';
import { DUO_ENTITIES, DUO_MIGRATIONS } from 'nestjs-gitlab-duo';
import { DataSource } from 'typeorm';
import { Customer, Ticket, TicketMessage } from './tickets.js';

export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL,
  entities: [Customer, Ticket, TicketMessage, ...DUO_ENTITIES],
  migrations: [...DUO_MIGRATIONS, 'migrations/*.ts'],
});
