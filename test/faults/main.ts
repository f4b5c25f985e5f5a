/**
 * Checks the history of random asks while servers are killed and stopped: three servers on one database, clients that
 * ask, cancel, decide and follow, and faults; once all is quiet, what was told is compared with what is stored.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase } from '../database/test-database.js';
import { COMPILED_FOLDER, startDatabaseServer } from '../global-setup.js';
import { Actor, OpenChats } from './actor.js';
import { CHECKS } from './checks.js';
import { Choice } from './choice.js';
import { Client } from './client.js';
import { Instance } from './cluster.js';
import { startEffectsServer } from './effects-server.js';
import { FaultInjector, FAULTS } from './fault-injector.js';
import { History } from './history.js';
import { Reader } from './reader.js';
import { report } from './report.js';
import { followAgain, replay, settle } from './settle.js';
import { readState } from './stored-state.js';

const HELP = `npm run test:faults -- [options]

  --seconds N   how long to ask and to do harm; 180 by default
  --seed N      of the random choices; printed, and new each time by default
  --servers N   how many servers share the database; 3 by default
  --actors N    how many clients there are; 6 by default
  --faults LIST such as kill,stop; all of ${FAULTS.join()} by default
  --help        shows this
`;
const QUIET_TIMEOUT_MS = 120_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    servers: { type: 'string', default: '3' },
    actors: { type: 'string', default: '6' },
    faults: { type: 'string', default: FAULTS.join() },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else {
  await main({
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    servers: Number(values.servers),
    actors: Number(values.actors),
    faults: values.faults.split(','),
  });
}

interface Settings {
  seed: number;
  seconds: number;
  servers: number;
  actors: number;
  faults: readonly string[];
}

async function main(settings: Settings): Promise<void> {
  const { seed, seconds, servers, actors } = settings;
  console.log(`Seed ${seed}, ${seconds} s, ${servers} servers, ${actors} clients`);
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      void close().finally(() => process.exit(130));
    });
  }
  try {
    const compiled = await mkdtemp(join(await realpath(tmpdir()), 'duo-compiled-'));
    closers.push(() => rm(compiled, { recursive: true, force: true }));
    process.env[COMPILED_FOLDER] = compiled;
    if (!process.env.DATABASE_URL) {
      const server = await startDatabaseServer(fileURLToPath(new URL('../..', import.meta.url)));
      closers.push(() => server.stop());
      process.env.DATABASE_URL = server.url;
    }
    process.exitCode = (await checkHistory(settings, closers)) ? 0 : 1;
  } finally {
    await close();
  }
}

/** @returns whether every check passed */
async function checkHistory(
  { seed, seconds, servers, actors, faults }: Settings,
  closers: (() => unknown)[],
): Promise<boolean> {
  const history = new History();
  const sandbox = await startSandbox({ chunkDelayMs: 50, chunkSize: 4 });
  closers.push(() => sandbox.close());
  const effects = await startEffectsServer(history);
  closers.push(() => {
    effects.close();
  });
  const testDatabase = await createTestDatabase();
  closers.push(() => testDatabase.drop());
  const database = new pg.Client({ connectionString: testDatabase.url });
  await database.connect();
  closers.push(() => database.end());
  const args = [testDatabase.url, sandbox.url, effects.url];
  const instances = Array.from({ length: servers }, (_, number) => new Instance(number, args));
  for (const instance of instances) {
    closers.push(() => instance.kill());
    // One after the other: the first one makes the tables.
    await instance.start();
  }
  const stopping = new AbortController();
  const reading = new AbortController();
  closers.push(() => {
    reading.abort();
  });
  const clientOf = (salt: number): Client => {
    const choice = new Choice(seed * 100 + salt);
    return new Client(history, instances, choice, new Reader(history, instances, choice, reading.signal));
  };
  const chats = new OpenChats(new Choice(seed));
  const clients = Array.from({ length: actors }, (_, number) => clientOf(number));
  const work = clients.map((client, number) => new Actor(`s${number}`, client, chats).work(stopping.signal));
  work.push(
    new FaultInjector(history, instances, database, sandbox, new Choice(seed + 1), faults).work(stopping.signal),
  );
  await setTimeout(seconds * 1_000);
  stopping.abort();
  await Promise.all(work);
  sandbox.reset();
  history.note(undefined, 'the faults have ended');
  const last = clientOf(actors);
  const isQuiet = await settle(last, database, sandbox, QUIET_TIMEOUT_MS);
  history.note(undefined, isQuiet ? 'all is quiet' : 'it does not get quiet');
  await replay(last);
  followAgain(last, 3);
  await Promise.race([
    Promise.all([...clients, last].map(({ reader }) => reader.ended())),
    setTimeout(QUIET_TIMEOUT_MS / 2, undefined, { ref: false }),
  ]);
  const state = await readState(database);
  const { openStreams } = sandbox.calls;
  return report(history, state, {
    ...CHECKS,
    'No upstream stream is open': () => (openStreams === 0 ? [] : [{ chatId: '', what: `${openStreams} are open` }]),
  });
}
