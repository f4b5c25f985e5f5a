import { afterAll, beforeAll } from '@jest/globals';
import { type Chat, DuoChatService, DuoService } from '../../../src/index.js';
import { startTestHost, type TestHost } from './test-module.js';
import { startTestServer, type TestServer } from './test-server.js';

/** A host of all tests of a block: what it has can be read in tests and in hooks. */
export interface SharedHost extends Omit<TestHost, 'close'> {
  readonly chats: DuoChatService<Chat>;
  readonly duo: DuoService;
}

/** A server of all tests of a block: what it has can be read in tests and in hooks. */
export interface SharedServer extends Omit<TestServer, 'close'> {
  readonly chats: DuoChatService<Chat>;
  readonly duo: DuoService;
}

/** Starts a host before the tests of this block, and closes it after them. */
export function useTestHost(...how: Parameters<typeof startTestHost>): SharedHost {
  return shared(() => startTestHost(...how), ['app', 'sandbox', 'database']);
}

/** Starts a server before the tests of this block, and closes it after them. */
export function useTestServer(...how: Parameters<typeof startTestServer>): SharedServer {
  return shared(() => startTestServer(...how), ['url', 'app', 'sandbox', 'database', 'databaseUrl', 'routes']);
}

interface Closable {
  readonly app: TestHost['app'];
  close(): Promise<void>;
}

function shared<T extends Closable>(
  start: () => Promise<T>,
  names: Exclude<keyof T, 'close'>[],
): Omit<T, 'close'> & Pick<SharedHost, 'chats' | 'duo'> {
  let started: T | undefined;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(() => started?.close());
  const running = (): T => {
    if (started === undefined) throw new Error('It starts before the first test: read it in tests and in hooks.');
    return started;
  };
  const getters = names.map((name) => [name, { get: () => running()[name] }] as const);
  return Object.defineProperties(
    {},
    {
      ...Object.fromEntries(getters),
      chats: { get: (): DuoChatService<Chat> => running().app.get(DuoChatService, { strict: false }) },
      duo: { get: (): DuoService => running().app.get(DuoService, { strict: false }) },
    },
  ) as Omit<T, 'close'> & Pick<SharedHost, 'chats' | 'duo'>;
}
