/**
 * A host of one connection to the primary and one to the replica, whose databases and sandbox are its arguments; it does
 * what its parent says, and tells how that went. With a fourth argument its data source is created by
 * `createDuoDataSource`.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { type Pool } from 'pg';
import * as typeorm from 'typeorm';
import { Chat, createDuoDataSource, DuoChatService, GitlabDuoError, GitlabDuoModule } from '../../../src/index.js';
import { type Sandbox } from '../../../src/sandbox/index.js';
import { sandboxOptions } from './test-module.js';
import { until } from './until.js';

const [, , primary = '', replica = '', gitlab = '', createsDataSource] = process.argv;

const options: TypeOrmModuleOptions = {
  type: 'postgres',
  replication: { master: { url: primary }, slaves: [{ url: replica }] },
  poolSize: 1,
  autoLoadEntities: true,
  retryAttempts: 3,
  retryDelay: 50,
};

@Module({
  imports: [
    createsDataSource === undefined
      ? TypeOrmModule.forRoot(options)
      : TypeOrmModule.forRootAsync({ useFactory: () => options, dataSourceFactory: createDuoDataSource }),
    GitlabDuoModule.forRoot(sandboxOptions({ url: gitlab } as Sandbox)),
    GitlabDuoModule.forFeature([Chat]),
  ],
})
class HostModule {}

const app = await NestFactory.createApplicationContext(HostModule, { logger: false });
const chats = app.get<DuoChatService<Chat>>(DuoChatService);
const { id } = await chats.create();
const dataSource = app.get(typeorm.DataSource);
const { master, slaves } = dataSource.driver as unknown as { master: Pool; slaves: Pool[] };
const pools = [master, ...slaves];

/** What may find its connection ended while it is handed over. */
const work: Record<string, () => Promise<unknown>[]> = {
  write: () => [chats.update(id, { title: 'New' })],
  // The reply to the first frees the connection for the second, which waits for it.
  'write behind another': () => [chats.ref(id).usage(), chats.update(id, { title: 'Newer' })],
  read: () => [chats.list()],
  'open again': () => [dataSource.destroy().then(() => dataSource.initialize())],
  'ask a chat that is loaded': () => [
    dataSource
      .getRepository(Chat)
      .findOneByOrFail({ id })
      .then((chat) => chat.ask('Hello')),
  ],
  'ask a chat that is saved': () => {
    const repository = dataSource.getRepository(Chat);
    return [repository.save(repository.create()).then((chat) => chat.ask('Hello'))];
  },
  'lose all connections': () => [until(() => pools.every(({ totalCount }) => totalCount === 0))],
};

process.on('message', (name: string) => {
  void Promise.allSettled(work[name]?.() ?? []).then((outcomes) => process.send?.(outcomes.map(outcomeOf)));
});
// `Connection` went with 1.0.
process.send?.('Connection' in typeorm ? 'TypeORM 0.3' : 'TypeORM 1');

function outcomeOf(outcome: PromiseSettledResult<unknown>): string {
  if (outcome.status === 'fulfilled') return 'done';
  return outcome.reason instanceof GitlabDuoError ? outcome.reason.code : String(outcome.reason);
}
