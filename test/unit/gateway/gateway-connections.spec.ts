import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServerBusyError } from '../../../src/errors/request.errors.js';
import { type Client, clientOf, Collector, failure } from './client.js';
import { closing, silence, sse, startUpstream, type Upstream } from './upstream.js';

let upstream: Upstream;
let client: Client;

beforeEach(async () => {
  upstream = await startUpstream();
});

afterEach(async () => {
  delete process.env.HTTP_PROXY;
  await client.close();
  await upstream.close();
});

const call = () => ({ path: '/anthropic/v1/messages', headers: {}, body: '{}', sink: new Collector() });

describe('GatewayConnections', () => {
  it('sends the exchange and the gateway calls through the proxy', async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', ({ url = '' }, socket) => {
      tunnels.push(url);
      const [host, port] = url.split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      socket.on('error', () => target.destroy());
      target.on('error', () => socket.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const instance = await startUpstream();
    client = clientOf(upstream.url, { instanceUrl: instance.url });
    upstream.onGateway(sse('data: end\n\n'));
    await client.gateway.stream(call());
    expect(tunnels).toEqual([instance.url, upstream.url].map((url) => new URL(url).host));
    await instance.close();
    await client.close();
    proxy.close();
  });

  it('closes every socket at shutdown, those in use too', async () => {
    client = clientOf(upstream.url);
    upstream.onGateway(silence);
    const sent = failure(client.gateway.stream(call()));
    const received = await upstream.arrival('gateway');
    await client.close();
    expect(await sent).toBeInstanceOf(ServerBusyError);
    expect(await closing(received)).toBeLessThan(100);
    expect(await closing(upstream.exchanges[0])).toBeLessThan(100);
  });
});
