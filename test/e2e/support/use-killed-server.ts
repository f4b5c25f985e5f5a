import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { Chat, type DuoMessage, DuoChatService } from '../../../src/index.js';
import { type GitlabDuoModuleOptions } from '../../../src/config/gitlab-duo-options.interface.js';
import { historyHash, type Sandbox } from '../../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../../database/test-database.js';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.js';
import { readEvents, type ReceivedEvent } from './event-reader.js';
import { type AnswerView } from './http-client.js';
import { RunRows } from './run-rows.js';
import { type ServerProcess, startServerProcess } from './server-process.js';
import { startTestHost, type TestHost } from './test-module.js';
import { until } from './until.js';

/** To whom the server says that its chats belong. */
export const owner = { ownerId: 'local' };

/** The pieces of the answer among events. */
export const pieces = (events: readonly ReceivedEvent[]): string[] =>
  events.filter(({ type }) => type === 'text-delta').map(({ data }) => data.text as string);

/** What is known of a run by its row. */
export interface RunRow {
  id: string;
  status: string;
  fence: number;
}

/** A server process that a test kills, and a host of the same database that survives it. */
export class KilledServer {
  shared!: TestDatabase;
  proxy!: DatabaseProxy;
  survivor!: TestHost;
  server!: ServerProcess;
  rows!: RunRows;

  get sandbox(): Sandbox {
    return this.survivor.sandbox;
  }

  get chats(): DuoChatService<Chat> {
    return this.survivor.app.get(DuoChatService);
  }

  async start(): Promise<void> {
    this.server = await startServerProcess(this.proxy.url, this.sandbox.url);
  }

  /** A chat of the server with one answer that its client has. */
  async answeredChat(): Promise<{ chatId: string; first: AnswerView }> {
    const chatId = await this.server.http.createChat();
    const first = await this.server.http.ask(chatId, 'First');
    return { chatId, first };
  }

  /** Asks the server, whose client will learn nothing but that it is gone. */
  doomedAsk(chatId: string): Promise<unknown> {
    return expect(this.server.http.ask(chatId, 'Second')).rejects.toThrow('socket hang up');
  }

  /** Follows an ask of the server until it says no more. */
  async followedAsk(chatId: string): Promise<{ events: ReceivedEvent[]; pieces: () => string[] }> {
    const events: ReceivedEvent[] = [];
    const response = await this.server.http.openEvents(chatId, 'Second');
    void (async () => {
      for await (const event of readEvents(response)) events.push(event);
    })().catch(() => undefined);
    return { events, pieces: () => pieces(events) };
  }

  async lastRun(chatId: string): Promise<RunRow> {
    return (await this.rows.runs(chatId)).at(-1) as unknown as RunRow;
  }

  /** Waits until the last run of the chat stands like this. */
  async untilLastRun(chatId: string, status: string): Promise<void> {
    await until(async () => (await this.lastRun(chatId)).status === status);
  }

  /** Kills the server after a few words of its answer, all of which are in the log. */
  async killMidStream(chatId: string): Promise<string> {
    this.sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
    const { pieces } = await this.followedAsk(chatId);
    await until(() => pieces().length === 5);
    const said = pieces().join('');
    const { id } = await this.lastRun(chatId);
    await until(async () => (await this.rows.loggedText(id)) === said);
    await this.server.kill();
    return said;
  }

  /** The chat takes the next ask, its messages are in order, what was acknowledged is there, and nothing is open. */
  async expectSound(chatId: string, first: AnswerView): Promise<DuoMessage[]> {
    const { chats, rows } = this;
    const answer = await chats.ref(chatId, owner).ask('And now?');
    const { items } = await chats.messages(chatId, { ...owner, include: 'superseded' });
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, index) => index));
    expect(items[1]).toMatchObject({ id: first.id, status: 'complete', text: first.text, parts: first.parts });
    expect(items.at(-1)).toMatchObject({ id: answer.id, status: 'complete' });
    const replayed = items.filter(({ supersededBy }) => supersededBy === null);
    expect(answer.text).toContain(historyHash(replayed.slice(0, -1)));
    expect((await rows.runs(chatId)).map(({ status }) => status)).not.toContain('running');
    expect(await rows.attempts(chatId)).not.toContain('pending');
    return items;
  }
}

/** Starts a server for each test of a file, which ends it. */
export function useKilledServer(gitlab: GitlabDuoModuleOptions = {}): KilledServer {
  const killed = new KilledServer();
  beforeAll(async () => {
    killed.shared = await createTestDatabase();
    killed.proxy = await startDatabaseProxy(killed.shared.url);
    killed.survivor = await startTestHost([Chat], { database: killed.shared, migrated: true, gitlab });
    killed.rows = new RunRows(killed.survivor.database);
    await killed.rows.prolongLeases();
  });
  afterAll(async () => {
    await killed.survivor.close();
    await killed.proxy.close();
    await killed.shared.drop();
  });
  beforeEach(async () => {
    killed.sandbox.reset();
    await killed.start();
  });
  afterEach(() => killed.server.kill());
  return killed;
}
