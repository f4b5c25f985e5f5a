import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Chat } from '../../src/index.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { createTestDatabase, type TestDatabase } from '../database/test-database.js';
import { HttpClient } from './support/http-client.js';
import { type ProductionProcess, startProductionProcess } from './support/production-process.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';

const KEY = 'A-key-of-anna-alone';
const PASSWORD = 'hunter2-x7';

/** Does something in the server's process once that is under way. */
const whenUnderWay = (action: string): string => `const timer = setInterval(() => {
  if (process.listenerCount('uncaughtException') === 0) return;
  clearInterval(timer);
  ${action}
}, 20);`;

type Line = Record<string, unknown>;

/** Every line as JSON; one that is not fails the test and is shown. */
function parsed(lines: readonly string[]): Line[] {
  return lines.map((line) => {
    try {
      return JSON.parse(line) as Line;
    } catch {
      throw new Error(`This line is not JSON: ${line}`);
    }
  });
}

describe('The log in production', () => {
  let sandbox: Sandbox;
  let database: TestDatabase;
  let server: ProductionProcess | undefined;
  beforeAll(async () => {
    sandbox = await startSandbox({ chunkDelayMs: 0 });
    database = await createTestDatabase();
    await (await startTestHost([Chat], { database, migrated: true })).close();
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    sandbox.reset();
  });
  afterAll(async () => {
    await sandbox.close();
    await database.drop();
  });

  async function start(more: Record<string, string> = {}, preload?: string): Promise<ProductionProcess> {
    server = await startProductionProcess(
      {
        DATABASE_URL: database.url,
        GITLAB_TOKEN: 'glpat-testtesttesttesttest',
        GITLAB_INSTANCE_URL: sandbox.url,
        GITLAB_GATEWAY_URL: sandbox.url,
        API_KEYS: `anna:${KEY}`,
        ...more,
      },
      preload,
    );
    return server;
  }

  it('is JSON in every line from start to end, including failures and warnings of Node', async () => {
    const address = new URL(database.url);
    const password = decodeURIComponent(address.password) || PASSWORD;
    address.password = '';
    address.search = `password=${password}&application_name=x`;
    const running = await start(
      { DATABASE_URL: address.href, ACCESS_LOG: 'true' },
      whenUnderWay(`process.emitWarning('A warning of Node', 'OddWarning');`),
    );
    const url = await running.url();
    const client = new HttpClient(url, KEY);
    const chatId = await client.createChat();
    sandbox.fault({ fault: 'gateway-overloaded', times: 3 });
    const failed = await client.send('POST', `/chats/${chatId}/messages?token=${PASSWORD}`, { content: 'Hello' });
    expect(failed.status).toBe(503);
    await (await client.openEvents(chatId, 'Hello')).text();
    await client.send('GET', `/nowhere?password=${PASSWORD}`);
    await until(() => running.lines().some((line) => line.includes('/nowhere')));
    expect(await running.stop()).toBe(0);
    const lines = parsed(running.lines());
    for (const secret of [PASSWORD, `password=${password}`]) expect(running.lines().join('\n')).not.toContain(secret);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ context: 'InstanceLoader', level: 'log' }),
        expect.objectContaining({
          level: 'log',
          message: `nestjs-gitlab-duo listens on ${url} and takes calls`,
          gateway: sandbox.url,
          apiKeys: 1,
        }),
        expect.objectContaining({ level: 'warn', message: 'A warning of Node', name: 'OddWarning' }),
        expect.objectContaining({ level: 'warn', message: expect.stringContaining('upstream_overloaded (503)') }),
        expect.objectContaining({ level: 'log', message: 'Stopping (SIGTERM)…' }),
      ]),
    );
    const access = lines.filter(({ context }) => context === 'AccessLog');
    const common = { durationMs: expect.any(Number), requestId: expect.stringMatching(/^[\da-f-]{36}$/) };
    expect(access).toMatchObject([
      { method: 'POST', path: '/chats', status: 201, ...common },
      { method: 'POST', path: `/chats/${chatId}/messages`, status: 503, ...common },
      { method: 'POST', path: `/chats/${chatId}/messages`, status: 200, ...common },
      { method: 'GET', path: '/nowhere', status: 404, ...common },
    ]);
  });

  it.each<[what: string, more: Record<string, string>, reason: RegExp]>([
    ['a missing token', { GITLAB_TOKEN: '' }, /GITLAB_TOKEN is not set/],
    ['two wrong settings', { PORT: 'x', ACCESS_LOG: 'yes' }, /2 settings are wrong:\n {2}- .*PORT/],
    ['a database that is not there', { DATABASE_URL: 'postgres://x:y@127.0.0.1:9/x' }, /The database does not answer/],
  ])('is JSON for a start that fails because of %s', async (_what, more, reason) => {
    const failing = await start(more);
    expect(await failing.ended()).toBe(1);
    const lines = parsed(failing.lines());
    const last = { level: 'error', context: 'Server', message: expect.stringMatching(reason) };
    expect(lines.at(-1)).toMatchObject(last);
  });

  it('is JSON for the error that ends the process', async () => {
    const failing = await start({}, whenUnderWay(`throw new Error('Out of order');`));
    expect(await failing.ended()).toBe(1);
    expect(parsed(failing.lines()).at(-1)).toMatchObject({
      level: 'fatal',
      message: 'The process ends by an error that nothing has caught',
      error: { message: 'Out of order' },
    });
  });

  it('warns at startup of a token that GitLab refuses, without stopping', async () => {
    sandbox.fault({ fault: 'exchange-unauthorized', times: 2 });
    const running = await start();
    const url = await running.url();
    await until(() => running.lines().some((line) => line.includes('Asks will fail')));
    expect((await new HttpClient(url, KEY).send('GET', '/health/ready')).status).toBe(200);
    expect(parsed(running.lines()).filter(({ level }) => level !== 'log')).toEqual([
      expect.objectContaining({
        level: 'warn',
        context: 'Server',
        message: expect.stringMatching(/^Asks will fail until this is mended: .*the personal access token is wrong/),
      }),
    ]);
  });

  it('has no line at startup for a token that GitLab accepts, without a model request', async () => {
    const running = await start();
    await running.url();
    await until(() => sandbox.calls.requests['anthropic-messages'] > 0);
    expect(await running.stop()).toBe(0);
    // What shows the token to the gateway is no question: it has neither a model nor messages.
    const { requests, lastRequests } = sandbox.calls;
    expect(requests).toEqual({ 'anthropic-messages': 1, 'openai-chat': 0, 'openai-responses': 0 });
    expect(lastRequests['anthropic-messages']?.body).toEqual({});
    expect(parsed(running.lines()).filter(({ level }) => level !== 'log')).toEqual([]);
  });

  it('is not delayed at start or end by a GitLab that does not answer', async () => {
    sandbox.fault({ fault: 'exchange-hang', times: 5 });
    const running = await start();
    const url = await running.url();
    expect((await new HttpClient(url, KEY).send('GET', '/health/ready')).status).toBe(200);
    expect(await running.stop()).toBe(0);
    expect(parsed(running.lines()).filter(({ level }) => level !== 'log')).toEqual([]);
  });
});
