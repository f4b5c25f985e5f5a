import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** A way to the database that can be made to hang: connections stay open, and nothing passes. */
class Wire {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private isHanging = false;

  constructor(target: () => URL) {
    this.server = createServer((near) => {
      const far = connect(Number(target().port || 5432), target().hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      if (!this.isHanging) near.pipe(far).pipe(near);
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  hang(isHanging: boolean): void {
    this.isHanging = isHanging;
    for (const socket of this.sockets) if (isHanging) socket.unpipe().pause();
    if (!isHanging) for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('Server health', () => {
  let server: TestServer;
  let client: HttpClient;
  let database = new URL('postgres://127.0.0.1');
  const wire = new Wire(() => database);

  beforeAll(async () => {
    const port = await wire.listen();
    server = await startTestServer({
      databaseUrl: (url) => {
        database = new URL(url);
        const through = new URL(url);
        through.host = `127.0.0.1:${port}`;
        return through.href;
      },
    });
    client = new HttpClient(server.url);
  });
  afterAll(async () => {
    await server.close();
    wire.close();
  });

  it('reports the last response of the gateway, and does not depend on it', async () => {
    expect(await client.json('GET', '/health/ready')).toMatchObject({
      status: 'ok',
      details: { database: { status: 'up' } },
      gateway: { lastExchange: null },
    });
    const chatId = await client.createChat();
    server.sandbox.fault({ fault: 'exchange-revoked' });
    const asked = Date.now();
    expect((await client.send('POST', `/chats/${chatId}/messages`, { content: 'Hello' })).status).toBe(502);
    const failed = await client.json<{ gateway: { lastExchange: { at: string } } }>('GET', '/health/ready');
    expect(failed).toMatchObject({
      status: 'ok',
      gateway: { lastExchange: { succeeded: false, code: 'gateway_auth_failed' } },
    });
    const at = Date.parse(failed.gateway.lastExchange.at);
    expect(at).toBeGreaterThanOrEqual(asked);
    expect(at).toBeLessThanOrEqual(Date.now());
    await client.ask(chatId, 'Hello');
    const worked = await client.json('GET', '/health/ready');
    expect(worked).toMatchObject({ status: 'ok', gateway: { lastExchange: { succeeded: true, code: null } } });
    expect(JSON.stringify(worked)).not.toContain('glpat');
  });

  it('is not ready while the database hangs, reports it in time, and is ready again afterwards', async () => {
    wire.hang(true);
    for (let poll = 0; poll < 2; poll += 1) {
      const response = await client.send('GET', '/health/ready');
      expect([response.status, response.body]).toMatchObject([503, { code: 'database_unavailable' }]);
      expect(await client.json('GET', '/health/live')).toEqual({ status: 'ok' });
    }
    wire.hang(false);
    await until(async () => (await client.send('GET', '/health/ready')).status === 200);
  });
});
