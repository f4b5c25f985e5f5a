import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { chatKind } from '../../src/chats/chat-kind.js';
import { HistoryCache } from '../../src/chats/store/history-cache.service.js';
import { InstanceStores } from '../../src/chats/store/instance-stores.service.js';
import { KindStore } from '../../src/chats/store/kind-store.js';
import { Chat, DUO_ENTITIES, Message } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { casesOf } from '../unit/random.js';
import { InterleavedChat } from './support/interleaved-chat.js';
import { type PlannedStep } from './support/interleaved-run.js';

const instanceIds = [uuidv7(), uuidv7()];

let testDatabase: TestDatabase;
let database: DataSource;
let store: KindStore;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const entities = [Chat, Message, ...DUO_ENTITIES];
  database = new DataSource({ type: 'postgres', url: testDatabase.url, entities, synchronize: true });
  await database.initialize();
  // Without an application, so that nothing but the test takes runs over.
  const instance = new InstanceStores().of(database);
  const owner = { instanceId: instanceIds[0] ?? '', isHeld: () => true, logFailure: () => undefined };
  const kind = { ...chatKind(Chat), whenBusy: 'reject', recovery: 'takeover' } as const;
  store = new KindStore(database, kind, instance, owner, new HistoryCache().ofKind());
  for (const instanceId of instanceIds) await instance.leases.renew(instanceId);
});
afterAll(async () => {
  await database.destroy();
  await testDatabase.drop();
});

/** What one actor does, one operation after the other. */
type Operation =
  | { type: 'ask'; plan: PlannedStep[]; isFirst: boolean }
  | { type: 'work' | 'cancel'; choice: number }
  | { type: 'decide'; isApproved: boolean }
  | { type: 'takeOver' | 'handOver' | 'beginNext' };

const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);
const choice = fc.nat(20);
const step = fc.constantFrom<PlannedStep[]>('answer', 'call', 'again', 'approval');
const asks = fc.record({ type: type('ask'), plan: fc.array(step, { maxLength: 3 }), isFirst: fc.boolean() });
const works = fc.record({ type: type('work'), choice });
const disturbances = fc.oneof(
  fc.record({ type: type('cancel'), choice }),
  fc.record({ type: type('decide'), isApproved: fc.boolean() }),
  fc.record({ type: type('takeOver') }),
  fc.record({ type: type('handOver') }),
);
const others = fc.record({ type: type('beginNext') });

/** Askers, instances that work, and one that disturbs. */
const actors = fc.tuple(
  fc.array(asks, { minLength: 1, maxLength: 3 }),
  fc.array(asks, { maxLength: 2 }),
  fc.array(fc.oneof({ arbitrary: works, weight: 4 }, others), { minLength: 4, maxLength: 10 }),
  fc.array(fc.oneof({ arbitrary: works, weight: 4 }, others), { minLength: 2, maxLength: 8 }),
  fc.array(disturbances, { minLength: 1, maxLength: 6 }),
);

function perform(chat: InterleavedChat, operation: Operation): Promise<void> {
  switch (operation.type) {
    case 'ask':
      return chat.ask(operation.plan, operation.isFirst);
    case 'work':
      return chat.work(operation.choice);
    case 'cancel':
      return chat.cancel(operation.choice);
    case 'decide':
      return chat.decide(operation.isApproved);
    default:
      return chat[operation.type]();
  }
}

/** Lets the scheduler choose whose operation comes next, until all are done. */
async function interleave(
  scheduler: Scheduler,
  chat: InterleavedChat,
  sequences: readonly (readonly Operation[])[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const operations of sequences) {
    const builders = operations.map((operation) => async () => {
      await perform(chat, operation).catch((error: unknown) => failures.push(error));
    });
    scheduler.scheduleSequence(builders);
  }
  while (scheduler.count() > 0 && failures.length === 0) {
    await scheduler.waitNext(1);
    await new Promise(setImmediate);
  }
  if (failures.length > 0) throw failures[0];
}

describe('The life of runs, in any order of what several instances do', () => {
  it('has one active run, one owner who writes, an order and an end', async () => {
    const property = fc.asyncProperty(fc.scheduler(), actors, async (scheduler, sequences) => {
      const chat = new InterleavedChat(store, database, instanceIds);
      await chat.create();
      await interleave(scheduler, chat, sequences);
      await chat.drain();
    });
    await expect(
      fc.assert(property, { seed: 1, numRuns: casesOf(120), includeErrorInReport: true }),
    ).resolves.toBeUndefined();
  });
});
