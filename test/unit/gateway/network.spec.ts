import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, type Dispatcher, EnvHttpProxyAgent, interceptors, ProxyAgent } from 'undici';
import { Test } from '@nestjs/testing';
import { createParser } from 'eventsource-parser';
import { resolveOptions } from '../../../src/config/resolve-options.js';
import { GITLAB_DUO_OPTIONS } from '../../../src/config/tokens.js';
import { type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { ConfigurationError, ServerBusyError } from '../../../src/errors/request.errors.js';
import { UpstreamError, UpstreamTimeoutError } from '../../../src/errors/upstream.errors.js';
import { GatewayClient } from '../../../src/gateway/gateway-client.js';
import { GatewayConnections } from '../../../src/gateway/gateway-connections.js';
import { GatewayTokens } from '../../../src/gateway/gateway-tokens.js';
import { KnownSecrets } from '../../../src/gateway/secret-redactor.js';
import { SseReader } from '../../../src/gateway/sse-reader.js';
import { TokenExchange } from '../../../src/gateway/token-exchange.js';
import { childEnvironment } from '../../child-environment.js';
import { compiledProgram } from '../../compiled-program.js';
import { casesOf, generator } from '../random.js';
import { type Client, clientOf, Collector, failure } from './client.js';
import { type Proxy, startProxy } from './proxy.js';
import { authority, certificate } from './tls-fixture.js';
import { beginSse, closed, json, type Reply, silence, sse, startUpstream, type Upstream } from './upstream.js';

const END = sse('data: end\n\n');
const hosts = (...upstreams: Upstream[]) => upstreams.map(({ url }) => new URL(url).host);

const open: { close(): Promise<unknown> }[] = [];

/** Closes it, whatever becomes of the test. */
async function opened<T extends { close(): Promise<unknown> }>(opening: T | Promise<T>): Promise<T> {
  const resource = await opening;
  open.push(resource);
  return resource;
}

const start = (tls?: typeof certificate) => opened(startUpstream(tls));
/** A dispatcher of the application's own, which our shutdown must leave alone. */
const theirs = <T extends Dispatcher>(dispatcher: T): T => {
  open.push({ close: () => dispatcher.destroy() });
  return dispatcher;
};

describe('The network', () => {
  const call = (signal?: AbortSignal) => ({
    path: '/anthropic/v1/messages',
    headers: {},
    body: '{}',
    signal,
    sink: new Collector(),
  });

  afterEach(async () => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) Reflect.deleteProperty(process.env, name);
    for (const resource of open.splice(0).reverse()) await resource.close();
  });
  const client = (...options: Parameters<typeof clientOf>): Promise<Client> => opened(clientOf(...options));

  describe('The proxy of the environment', () => {
    let proxy: Proxy;

    beforeEach(async () => {
      proxy = await opened(startProxy());
      process.env.HTTP_PROXY = proxy.url;
    });

    it('serves the exchange and the gateway calls', async () => {
      const [instance, gateway] = [await start(), await start()];
      gateway.onGateway(END);
      await (await client(gateway.url, { instanceUrl: instance.url })).gateway.stream(call());
      expect(proxy.tunnels).toEqual(hosts(instance, gateway));
    });

    it('is bypassed for the hosts of NO_PROXY', async () => {
      const [instance, gateway] = [await start(), await start()];
      gateway.onGateway(END);
      process.env.NO_PROXY = `other.example,127.0.0.1:${new URL(instance.url).port}`;
      await (await client(gateway.url, { instanceUrl: instance.url })).gateway.stream(call());
      expect(proxy.tunnels).toEqual(hosts(gateway));
    });

    it('also serves https, to hosts whose authority is in NODE_EXTRA_CA_CERTS', async () => {
      const upstream = await start(certificate);
      upstream.onGateway(END);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [await compiledProgram('test/unit/gateway/private-network.ts'), upstream.url],
        {
          env: childEnvironment({
            HTTPS_PROXY: proxy.url,
            NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('../../fixtures/tls/authority.pem', import.meta.url)),
          }),
        },
      );
      expect(stdout.trim()).toBe('end');
      expect(new Set(proxy.tunnels)).toEqual(new Set(hosts(upstream)));
      expect(upstream.exchanges).toHaveLength(1);
      expect(upstream.requests).toHaveLength(1);
    }, 120_000);

    it.each([
      [407, false],
      [503, true],
    ])('is named in the error when it answers %i', async (status, isRetryable) => {
      const upstream = await start();
      proxy.refuseWith = status;
      const error = (await failure((await client(upstream.url)).gateway.stream(call()))) as GitlabDuoError;
      expect(error).toBeInstanceOf(UpstreamError);
      expect(error.message).toMatch(
        new RegExp(`proxy on the way to .* refused the connection \\(${status}\\).*NO_PROXY`),
      );
      expect(error.isRetryable).toBe(isRetryable);
    });

    it('is subject to the connection time-out', async () => {
      const [instance, upstream] = [await start(), await start()];
      proxy.refuseWith = 'silence';
      const { gateway } = await client(upstream.url, { instanceUrl: instance.url, timeouts: { connectMs: 1_000 } });
      // On the way to the instance, and to the gateway.
      for (const part of ['exchange', 'request']) {
        const error = (await failure(gateway.stream(call()))) as GitlabDuoError;
        expect(error).toBeInstanceOf(UpstreamTimeoutError);
        expect(error.isRetryable).toBe(true);
        expect(error.message).toMatch(/did not accept a connection in time \(timeouts\.connectMs\)/);
        expect(error.message.startsWith('Failed to obtain')).toBe(part === 'exchange');
        process.env.NO_PROXY = `127.0.0.1:${new URL(instance.url).port}`;
      }
    });

    it('passes aborts on to the gateway', async () => {
      const upstream = await start();
      upstream.onGateway((response) => {
        beginSse(response);
        response.write('data: a\n\n');
      });
      const controller = new AbortController();
      const arrival = upstream.arrival('gateway');
      const sent = failure((await client(upstream.url)).gateway.stream(call(controller.signal)));
      const received = await arrival;
      await sleep(20);
      controller.abort();
      expect(await sent).toBe(controller.signal.reason);
      await closed(received);
    });

    it('must have a valid URL, which no error quotes', () => {
      for (const address of ['http://user:secret@', 'ftp://user:secret@proxy']) {
        process.env.HTTPS_PROXY = address;
        expect(() => clientOf('http://127.0.0.1:1')).toThrow(ConfigurationError);
        expect(() => clientOf('http://127.0.0.1:1')).toThrow(/^((?!secret).)*$/s);
      }
    });
  });

  describe('A custom dispatcher', () => {
    it.each([
      ['with a private authority', () => new Agent({ connect: { ca: authority } })],
      ['with one, behind a proxy', (proxy: Proxy) => new ProxyAgent({ uri: proxy.url, requestTls: { ca: authority } })],
      [
        'with one, behind the proxy of the environment',
        (proxy: Proxy) => {
          process.env.HTTPS_PROXY = proxy.url;
          return new EnvHttpProxyAgent({ connect: { ca: authority }, requestTls: { ca: authority } });
        },
      ],
    ])('%s, serves the exchange and the gateway calls', async (name, make) => {
      const [instance, gateway] = [await start(certificate), await start(certificate)];
      const proxy = await opened(startProxy());
      gateway.onGateway(END);
      const dispatcher = theirs(make(proxy));
      await (await client(gateway.url, { instanceUrl: instance.url, dispatcher })).gateway.stream(call());
      expect(instance.exchanges).toHaveLength(1);
      expect(gateway.requests).toHaveLength(1);
      expect(proxy.tunnels).toEqual(name.includes('proxy') ? hosts(instance, gateway) : []);
    });

    it('is required for a private authority, as the error says', async () => {
      const upstream = await start(certificate);
      const error = (await failure((await client(upstream.url)).gateway.stream(call()))) as GitlabDuoError;
      expect(error.message).toMatch(/certificate of https:\/\/localhost.* cannot be trusted .*NODE_EXTRA_CA_CERTS/);
      expect(error.isRetryable).toBe(false);
    });

    it('stays open at shutdown', async () => {
      const upstream = await start();
      upstream.onGateway(END);
      const dispatcher = theirs(new Agent());
      const first = clientOf(upstream.url, { dispatcher });
      await first.gateway.stream(call());
      await first.close();
      await (await client(upstream.url, { dispatcher })).gateway.stream(call());
      expect(upstream.requests).toHaveLength(2);
    });

    it.each([
      ['first byte', { firstByteMs: 100 }, silence],
      [
        'silence',
        { idleMs: 100 },
        ((response) => {
          beginSse(response);
          response.write('data: a\n\n');
        }) satisfies Reply,
      ],
    ])('is subject to our time limit: %s', async (_name, timeouts, reply) => {
      const upstream = await start();
      upstream.onGateway(reply);
      const { gateway } = await client(upstream.url, { timeouts, dispatcher: theirs(new Agent()) });
      expect(await failure(gateway.stream(call()))).toBeInstanceOf(UpstreamTimeoutError);
    });
  });

  describe('A redirect', () => {
    it.each([
      ['our own dispatcher', () => undefined],
      ['one that follows redirects', () => theirs(new Agent()).compose(interceptors.redirect({ maxRedirections: 3 }))],
    ])('is not followed by %s, so credentials do not leak', async (_name, make) => {
      const [upstream, other] = [await start(), await start()];
      const elsewhere = json(307, '', { location: `${other.url}/api/v4/ai/third_party_agents/direct_access` });
      const { gateway, exchange } = await client(upstream.url, { dispatcher: make() });
      upstream.onGateway(elsewhere);
      expect(await failure(gateway.stream(call()))).toMatchObject({
        message: expect.stringMatching(/redirects \(307\)/),
      });
      exchange.invalidate(await exchange.get());
      upstream.onExchange(elsewhere);
      expect(await failure(exchange.get())).toMatchObject({
        message: expect.stringMatching(/credentials do not follow/),
      });
      expect([...other.exchanges, ...other.requests]).toEqual([]);
    });
  });
});

describe('GatewayConnections', () => {
  let upstream: Upstream;
  let client: Client;

  beforeEach(async () => {
    upstream = await startUpstream();
  });

  afterEach(async () => {
    await client.close();
    await upstream.close();
  });

  const call = () => ({ path: '/anthropic/v1/messages', headers: {}, body: '{}', sink: new Collector() });

  it('closes every socket at shutdown, including those in use', async () => {
    client = clientOf(upstream.url);
    upstream.onGateway(silence);
    const sent = failure(client.gateway.stream(call()));
    const received = await upstream.arrival('gateway');
    await client.close();
    expect(await sent).toBeInstanceOf(ServerBusyError);
    await closed(received);
    await closed(upstream.exchange());
  });

  it('closes with its application', async () => {
    const options = resolveOptions({ apiKey: 'token', instanceUrl: upstream.url, gatewayUrl: upstream.url });
    const providers = [
      GatewayConnections,
      KnownSecrets,
      TokenExchange,
      GatewayTokens,
      GatewayClient,
      { provide: GITLAB_DUO_OPTIONS, useValue: options },
    ];
    const application = await Test.createTestingModule({ providers }).compile();
    upstream.onGateway(sse('data: end\n\n'));
    await application.get(GatewayClient).stream(call());
    await application.close();
    await closed(upstream.request());
    expect(await failure(application.get(GatewayClient).stream(call()))).toBeInstanceOf(ServerBusyError);
  });
});

const CASES = casesOf(2_000);

const pieces = [
  ...['\n', '\n', '\n\n', '\r', '\r\n', '\r\n\r\n', '\r\r', ' ', ':', '\uFEFF', '\0'],
  ...[
    'data',
    'data:',
    'data: ',
    'data:  two',
    'data: one',
    'data: {"a":1}\n\n',
    'data : no',
    'Data: no',
    'database: no',
  ],
  ...['event: ping\n', 'id: 7\n', 'retry: 10\n', 'unknown: field\n', ': comment\n', 'é', '😀', '漢字'],
];

/** The events that the parser sees in the same text, given whole and decoded. */
function reference(text: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(text.replace(/^\uFEFF/, ''));
  // It waits for what follows a CR; the end of a line it is without that, too.
  if (text.endsWith('\r')) parser.feed('\n');
  return events;
}

function read(bytes: Buffer, cuts: readonly number[]): string[] {
  const reader = new SseReader();
  const ends = [...cuts, bytes.length];
  return ends.flatMap((end, place) => reader.read(bytes.subarray(ends[place - 1] ?? 0, end)));
}

describe('SseReader', () => {
  it(`reads the same events from ${CASES} random streams, wherever their bytes are cut`, () => {
    let count = 0;
    for (let seed = 1; seed <= CASES; seed += 1) {
      const below = generator(seed);
      const text = Array.from({ length: below(20) }, () => pieces[below(pieces.length)]).join('');
      const bytes = Buffer.from(text);
      const cuts = Array.from({ length: below(6) }, () => below(bytes.length + 1)).sort((left, right) => left - right);
      const events = reference(text);
      count += events.length;
      expect({ seed, events: read(bytes, cuts) }).toEqual({ seed, events });
      expect({ seed, events: read(bytes, [...bytes.keys()]) }).toEqual({ seed, events });
    }
    expect(count).toBeGreaterThan(CASES / 2);
  });

  it('passes over an event that has no end', () => {
    expect(read(Buffer.from('data: whole\n\ndata: half\n'), [])).toEqual(['whole']);
  });

  it.each([
    ['in one line', () => 'x'.repeat(1024 * 1024)],
    ['in many lines', () => `x\ndata: ${'x'.repeat(1024 * 1024)}`],
  ])('refuses an event of more than 16 MB, %s', (_name, piece) => {
    const reader = new SseReader();
    reader.read(Buffer.from('data: '));
    const bytes = Buffer.from(piece());
    for (let megabytes = 1; megabytes <= 15; megabytes += 1) expect(reader.read(bytes)).toEqual([]);
    expect(() => reader.read(Buffer.concat([bytes, bytes]))).toThrow(UpstreamError);
  });
});
