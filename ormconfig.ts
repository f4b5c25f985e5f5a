import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { Chat, Message } from './src/chats/chat.entity.js';
import { DUO_ENTITIES } from './src/chats/entities/duo-entities.js';
import { DUO_MIGRATIONS } from './src/chats/migrations/duo-migrations.js';

// For TypeORM's command line: `npm run migration:generate`, `migration:run` and `migration:check`.
export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  entities: [Chat, Message, ...DUO_ENTITIES],
  migrations: [...DUO_MIGRATIONS, 'migrations/*.ts'],
});
