import { setTimeout } from 'node:timers/promises';
import { type Client as DatabaseClient } from 'pg';
import { type Sandbox } from '../../src/sandbox/index.js';
import { decide, newCompletion } from './actor.js';
import { type Client } from './client.js';

const LOOK_MS = 500;

/** Decides on every call that waits, until no run is active and no upstream stream is open; false where that never comes. */
export async function settle(
  client: Client,
  database: DatabaseClient,
  sandbox: Sandbox,
  timeoutMs: number,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const { rows } = await database.query<{ chat_id: string; status: string }>(
      "SELECT chat_id, status FROM duo_runs WHERE status IN ('queued', 'running', 'awaiting_approval')",
    );
    if (rows.length === 0 && sandbox.calls.openStreams === 0) return true;
    for (const { chat_id: chatId, status } of rows) {
      if (status !== 'awaiting_approval') continue;
      await decide(client, chatId);
      // The calls may have been decided on before the client that did so was answered.
      await client.ask(newCompletion(chatId, undefined, undefined));
    }
    await setTimeout(LOOK_MS);
  }
  return false;
}

/** Sends every request with a key again: each has an answer by now, which is compared with the earlier ones. */
export async function replay(client: Client): Promise<void> {
  for (const ask of client.history.asks) if (ask.key !== undefined && ask.runIds.size > 0) await client.sendAgain(ask);
}

/** Reads some of the ended runs once more from their start. */
export function followAgain(client: Client, every: number): void {
  const runs = [...client.history.acknowledged()].filter((_run, place) => place % every === 0);
  for (const [runId, chatId] of runs) client.reader.follow(chatId, runId);
}
