import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { DUO_ENTITIES } from '../../src/chats/entities/duo-entities.js';
import { DUO_MIGRATIONS } from '../../src/chats/migrations/duo-migrations.js';

// The library's tables alone, as a host has them before its first chat: for `npm run migration:check`.
export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL,
  entities: DUO_ENTITIES,
  migrations: DUO_MIGRATIONS,
});
