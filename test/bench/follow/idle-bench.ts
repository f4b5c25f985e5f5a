import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import pg from 'pg';
import { createTestDatabase } from '../../database/test-database.js';
import { type BenchRow } from '../bench-row.interface.js';
import { kilobytes } from '../figures.js';
import { compared, costsByRound } from '../rounds.js';
import { type BenchServer, startBareEvents, startOurs } from '../server/start-server.js';

const FOLLOWERS = 1_000;
const RUNS = 10;
const WARM_UP = 100;
const SETTLED_MS = 2_000;
const ROUNDS = 3;

/** What a follower of a parked run holds in the server, over what a bare event stream of `node:http` holds. */
export async function runIdleFollowerBench(): Promise<BenchRow[]> {
  const database = await createTestDatabase();
  try {
    const held = async (start: () => Promise<BenchServer>, paths: () => Promise<string[]>): Promise<number> => {
      const server = await start();
      try {
        return await heldByFollower(server, await paths());
      } finally {
        await server.stop();
      }
    };
    const costs = await costsByRound(
      {
        bare: () => held(startBareEvents, () => Promise.resolve(Array.from({ length: RUNS }, () => '/'))),
        ours: () =>
          held(
            () => startOurs('http://127.0.0.1:9', database.url),
            () => parkRuns(database.url),
          ),
      },
      ROUNDS,
      0,
    );
    const { value, against, ratio, spread } = compared(costs, 'ours', 'bare');
    return [
      {
        name: `memory an idle follower, of ${FOLLOWERS}: RSS`,
        value: kilobytes(value),
        against: kilobytes(against),
        ratio,
        spread,
        budget: { atMost: 1.5 },
      },
    ];
  } finally {
    await database.drop();
  }
}

/** Parked runs of chats of the server's local owner, with a log each; the paths of their events. */
export async function parkRuns(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ chat: string; run: string }>(
      `WITH c AS (INSERT INTO chats (id, owner_id, model)
         SELECT gen_random_uuid(), 'local', 'duo-chat-sonnet-4-6' FROM generate_series(1, $1) RETURNING id),
       r AS (INSERT INTO duo_runs (id, chat_kind, chat_id, owner_id, status, model, last_event_index)
         SELECT gen_random_uuid(), 'chats', c.id, 'local', 'awaiting_approval', 'duo-chat-sonnet-4-6', 1 FROM c RETURNING id, chat_id),
       e AS (INSERT INTO duo_run_events (run_id, first_index, events)
         SELECT r.id, 0, json_build_array(json_build_object('type', 'run-start', 'runId', r.id, 'chatId', r.chat_id),
                                          json_build_object('type', 'run-end', 'status', 'awaiting_approval')) FROM r)
       SELECT chat_id AS chat, id AS run FROM r`,
      [RUNS],
    );
    return rows.map(({ chat, run }) => `/chats/${chat}/runs/${run}/events`);
  } finally {
    await client.end();
  }
}

/** What the server has more with the followers than with a few of them, which have loaded the code. */
export async function heldByFollower(server: BenchServer, paths: readonly string[]): Promise<number> {
  const dispatcher = new Agent({ connections: null, headersTimeout: 0, bodyTimeout: 0 });
  const follow = async (count: number): Promise<void> => {
    for (let place = 0; place < count; place += 1) {
      const { statusCode, body } = await request(server.url + (paths[place % paths.length] ?? '/'), {
        dispatcher,
        headers: { accept: 'text/event-stream' },
      });
      if (statusCode !== 200) throw new Error(`Status ${statusCode}: ${await body.text()}`);
      body.resume();
      // The dispatcher is destroyed while it reads.
      body.on('error', () => undefined);
    }
    await sleep(SETTLED_MS);
  };
  try {
    await follow(WARM_UP);
    const before = await server.memory();
    await follow(FOLLOWERS - WARM_UP);
    const after = await server.memory();
    return (after.rss - before.rss) / (FOLLOWERS - WARM_UP);
  } finally {
    await dispatcher.destroy();
  }
}
