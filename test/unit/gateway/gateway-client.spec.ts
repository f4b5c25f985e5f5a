import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type GitlabDuoError } from '../../../src/errors/gitlab-duo.error.js';
import { GatewayAuthError, UpstreamError, UpstreamTimeoutError } from '../../../src/errors/upstream.errors.js';
import { type GatewayCall } from '../../../src/gateway/gateway-call.interface.js';
import { type Client, clientOf, Collector, failure } from './client.js';
import {
  beginSse,
  closed,
  grant,
  json,
  type Reply,
  reset,
  silence,
  sse,
  startMute,
  startUpstream,
  type Upstream,
} from './upstream.js';

let upstream: Upstream;
let client: Client;

beforeEach(async () => {
  upstream = await startUpstream();
  client = clientOf(upstream.url);
});

afterEach(async () => {
  await client.close();
  await upstream.close();
});

function call(more: Partial<GatewayCall> = {}): GatewayCall & { sink: Collector } {
  return { path: '/anthropic/v1/messages', headers: {}, body: '{}', sink: new Collector(), ...more } as GatewayCall & {
    sink: Collector;
  };
}

/** Sends the exchange elsewhere, so that the gateway's connections are seen alone. */
async function separateInstance(): Promise<void> {
  const instance = await startUpstream();
  client = clientOf(upstream.url, { instanceUrl: instance.url });
  await client.exchange.get();
  await instance.close();
}

/** Asks until an ask travels on the first one's connection, which is free again when its end has been read. */
async function reusedSocket(more?: () => Partial<GatewayCall>): Promise<void> {
  const { socket } = upstream.request();
  do await client.gateway.stream(call(more?.()));
  while (upstream.requests.at(-1)?.socket !== socket);
}

/** The events of an answer with these bytes. */
async function read(...pieces: (string | Buffer)[]): Promise<string[]> {
  upstream.onGateway(sse(...pieces));
  const { sink, ...rest } = call();
  await client.gateway.stream({ ...rest, sink });
  return sink.events;
}

const END = 'data: end\n\n';

const breaksOff: Reply = (response, { socket }) => {
  beginSse(response);
  response.write('data: a\n\n', () => setTimeout(() => socket.resetAndDestroy(), 20));
};

describe('GatewayClient requests', () => {
  it('send the path, the body and its headers', async () => {
    upstream.onExchange(
      grant({ token: 'jwt.of.gateway', headers: { 'X-Gitlab-Realm': 'saas', 'x-gitlab-user-id': 7 } }),
    );
    upstream.onGateway(sse(END));
    await client.gateway.stream(call({ headers: { 'anthropic-version': '2023-06-01' }, body: '{"é":1}' }));
    const { path, headers, body } = upstream.request();
    expect(path).toBe('/ai/v1/proxy/anthropic/v1/messages');
    expect(body).toBe('{"é":1}');
    expect(headers).toMatchObject({
      authorization: 'Bearer jwt.of.gateway',
      'x-gitlab-realm': 'saas',
      'x-gitlab-user-id': '7',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
    });
  });

  it('keep the path of a gateway and use another prefix', async () => {
    client = clientOf(upstream.url, { gatewayUrl: `${upstream.url}/duo/`, gatewayPrefix: '/v1/proxy' });
    upstream.onGateway(sse(END));
    await client.gateway.stream(call());
    expect(upstream.request().path).toBe('/duo/v1/proxy/anthropic/v1/messages');
  });
});

describe('GatewayClient streams', () => {
  it.each([
    ['LF', 'event: x\ndata: a\n\ndata: b\n\n'],
    ['CRLF', 'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n'],
    ['lone CR', 'event: x\rdata: a\r\rdata: b\r\r'],
    ['a BOM', '\uFEFFdata: a\n\ndata: b\n\n'],
    ['comments, ids and unknown fields', ': hi\n\nid: 1\nretry: x\nfoo\ndata: a\n\n: ping\ndata: b\n\n'],
    ['no space after the colon', 'data:a\n\ndata:b\n\n'],
  ])('are read correctly: %s', async (_name, stream) => {
    const end = _name === 'lone CR' ? 'data: end\r\r' : END;
    expect(await read(stream + end)).toEqual(['a', 'b', 'end']);
    expect(await read(...[...Buffer.from(stream + end)].map((byte) => Buffer.of(byte)))).toEqual(['a', 'b', 'end']);
  });

  it('join data of many lines', async () => {
    expect(await read(`data: {\ndata: "a": 1}\n\n${END}`)).toEqual(['{\n"a": 1}', 'end']);
  });

  it('join characters that packets split', async () => {
    const bytes = Buffer.from(`data: é€🙂\n\n${END}`);
    for (let cut = 7; cut < 15; cut += 1) {
      expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['é€🙂', 'end']);
    }
  });

  it('deliver the events of one network read in one call', async () => {
    upstream.onGateway((response) => {
      beginSse(response);
      response.end(Array.from({ length: 50 }, (_none, index) => `data: ${index}\n\n`).join('') + END);
    });
    const { sink, ...rest } = call();
    await client.gateway.stream({ ...rest, sink });
    expect(sink.events).toHaveLength(51);
    expect(sink.batches.length).toBeLessThanOrEqual(2);
  });

  it('refuse an event of more than 16 MB', async () => {
    upstream.onGateway(sse('data: ', ...Array.from({ length: 9 }, () => 'x'.repeat(2 * 1024 * 1024))));
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.message).toMatch(/16 MB/);
  });

  it('refuse a stream of more than 256 MB', async () => {
    const chunk = Buffer.from(': '.padEnd(1024 * 1024, 'x') + '\n');
    upstream.onGateway((response) => {
      beginSse(response);
      pipeline(Readable.from(Array.from({ length: 257 }, () => chunk)), response, () => undefined);
    });
    const error = await failure(client.gateway.stream(call()));
    expect(error).toMatchObject({
      code: 'upstream_error',
      isRetryable: false,
      message: expect.stringMatching(/256 MB/),
    });
  });

  it('run the sink in the async context of their caller, whichever call opened the connection', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await separateInstance();
    upstream.onGateway(sse(END));
    const seeing = () => ({ sink: new Collector('end', () => void seen.push(storage.getStore())) });
    await storage.run('first', () => client.gateway.stream(call(seeing())));
    await storage.run('second', () => reusedSocket(seeing));
    expect(seen).toEqual(['first', ...upstream.requests.slice(1).map(() => 'second')]);
  });
});

describe('The end of a GatewayClient stream', () => {
  it('comes at the last event, and reuses the connection once the body ends', async () => {
    let end = () => {};
    upstream.onGateway((response) => {
      beginSse(response);
      response.write(`${END}data: more\n\n`);
      end = () => void response.end('data: even more\n\n');
    });
    await separateInstance();
    const { sink, ...rest } = call();
    await client.gateway.stream({ ...rest, sink });
    expect(sink.batches).toHaveLength(1);
    upstream.onGateway(sse(END));
    end();
    await reusedSocket();
  });

  it('closes the connection if the body does not end', async () => {
    upstream.onGateway((response) => {
      beginSse(response);
      response.write(END);
    });
    await client.gateway.stream(call());
    await closed(upstream.request());
  });

  it.each([
    ['ends', sse('data: a\n\n'), undefined],
    ['ends within an event', sse('data: a\n\ndata: en'), undefined],
    ['ends after an event that no blank line ends', sse('data: a\n\ndata: end\n'), undefined],
    ['breaks off', breaksOff, 'cause'],
  ])('is an error when the stream %s too early', async (_name, reply, cause) => {
    upstream.onGateway(reply);
    const { sink, ...rest } = call();
    const error = (await failure(client.gateway.stream({ ...rest, sink }))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.message).toMatch(/cut/);
    expect(error.isRetryable).toBe(true);
    expect(error.cause !== undefined).toBe(cause !== undefined);
    expect(sink.events).toEqual(['a']);
  });

  it('is the error of a failing sink, and closes the connection', async () => {
    for (const hold of [
      () => Promise.reject(new Error('sink')),
      () => {
        throw new Error('sink');
      },
    ]) {
      upstream.onGateway((response) => {
        beginSse(response);
        response.write('data: a\n\n');
      });
      const received = upstream.arrival('gateway');
      const error = await failure(client.gateway.stream(call({ sink: new Collector('end', hold) })));
      expect(error).toMatchObject({ message: 'sink' });
      await closed(await received);
    }
  });
});

describe('GatewayClient after a rejected token', () => {
  const expired = json(401, { error: 'Forbidden by auth provider' });

  it('retries once with a new token', async () => {
    upstream.onGateway(expired, sse(END));
    await client.gateway.stream(call());
    expect(upstream.exchanges).toHaveLength(2);
    const [first, second] = upstream.requests.map(({ headers }) => headers.authorization);
    expect(second).not.toBe(first);
    await client.gateway.stream(call());
    expect(upstream.exchanges).toHaveLength(2);
  });

  it('fails when the new token is rejected too, after exactly two calls', async () => {
    upstream.onGateway(expired);
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(GatewayAuthError);
    expect(error.message).toMatch(/Forbidden by auth provider/);
    expect(error.isRetryable).toBe(false);
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.exchanges).toHaveLength(2);
  });

  it('shares one exchange among all calls whose token was rejected', async () => {
    const { token: revoked } = await client.exchange.get();
    upstream.onGateway((response, request) => {
      const isOld = request.headers.authorization === `Bearer ${revoked}`;
      setTimeout(isOld ? expired : sse(END), Math.random() * 100, response, request);
    });
    await Promise.all(Array.from({ length: 20 }, () => client.gateway.stream(call())));
    expect(upstream.exchanges).toHaveLength(2);
    expect(upstream.requests).toHaveLength(40);
  });
});

describe('An aborted GatewayClient request', () => {
  const abortable = () => {
    const controller = new AbortController();
    return { controller, sent: failure(client.gateway.stream(call({ signal: controller.signal }))) };
  };

  it('stops before anything is sent', async () => {
    expect(await failure(client.gateway.stream(call({ signal: AbortSignal.abort('no') })))).toBe('no');
    expect(upstream.exchanges).toHaveLength(0);
  });

  it('stops during the exchange', async () => {
    upstream.onExchange(silence);
    const { controller, sent } = abortable();
    const received = await upstream.arrival('exchange');
    controller.abort();
    expect(await sent).toBe(controller.signal.reason);
    await closed(received);
    expect(upstream.requests).toHaveLength(0);
  });

  it('stops before the connection is established', async () => {
    const mute = await startMute();
    client = clientOf(upstream.url, { gatewayUrl: mute.url, timeouts: { connectMs: 60_000 } });
    await client.exchange.get();
    const { controller, sent } = abortable();
    await mute.connected;
    controller.abort(new Error('early'));
    expect(await sent).toBe(controller.signal.reason);
    await mute.close();
  });

  it('stops while it connects, and then sends nothing', async () => {
    await separateInstance();
    const { controller, sent } = abortable();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    controller.abort();
    expect(await sent).toBe(controller.signal.reason);
    await sleep(50);
    expect(upstream.requests).toHaveLength(0);
  });

  it('stops before the headers', async () => {
    upstream.onGateway(silence);
    const { controller, sent } = abortable();
    const received = await upstream.arrival('gateway');
    controller.abort('stop');
    expect(await sent).toBe('stop');
    await closed(received);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('stops mid-stream, also while the sink is busy', async () => {
    for (const hold of [undefined, () => new Promise<void>(() => undefined)]) {
      upstream.onGateway((response) => {
        beginSse(response);
        response.write('data: a\n\n');
      });
      const controller = new AbortController();
      const sink = new Collector('end', hold);
      const arrival = upstream.arrival('gateway');
      const sent = failure(client.gateway.stream(call({ signal: controller.signal, sink })));
      const received = await arrival;
      while (sink.batches.length === 0) await sleep(5);
      controller.abort();
      expect(await sent).toBe(controller.signal.reason);
      await closed(received);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    }
  });

  it('leaves no listener on an unused signal', async () => {
    upstream.onGateway(sse(END));
    const { signal } = new AbortController();
    await client.gateway.stream(call({ signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('GatewayClient time-outs', () => {
  const stall: Reply = (response) => {
    beginSse(response);
    response.write('data: a\n\n');
  };
  const chatter: Reply = (response) => {
    beginSse(response);
    const ping = setInterval(() => response.write(': ping\n\n'), 20);
    response.on('close', () => {
      clearInterval(ping);
    });
  };

  const empty: Reply = (response) => {
    beginSse(response);
  };

  it.each([
    ['for the first byte', { firstByteMs: 1_000 }, silence, /begin to answer in time \(timeouts.firstByteMs\)/],
    [
      'for the first byte after the headers',
      { firstByteMs: 1_000 },
      empty,
      /begin to answer in time \(timeouts.firstByteMs\)/,
    ],
    ['between reads', { idleMs: 1_000 }, stall, /in the middle of its answer \(timeouts.idleMs\)/],
    ['for the whole, pings or not', { totalMs: 2_000 }, chatter, /\(timeouts.totalMs\)/],
  ])('apply %s', async (_name, timeouts, reply, message) => {
    client = clientOf(upstream.url, { timeouts });
    upstream.onGateway(reply);
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamTimeoutError);
    expect(error.message).toMatch(message);
    expect(error.isRetryable).toBe(true);
    await closed(upstream.request());
  });

  it('apply to the first byte after the headers as to the headers', async () => {
    client = clientOf(upstream.url, { timeouts: { idleMs: 1_000 } });
    upstream.onGateway((response) => {
      beginSse(response);
      setTimeout(() => response.end(END), 2_500);
    });
    await client.gateway.stream(call());
    expect(upstream.requests).toHaveLength(1);
  });

  it('restart with each read', async () => {
    client = clientOf(upstream.url, { timeouts: { idleMs: 2_500 } });
    upstream.onGateway((response) => {
      beginSse(response);
      for (let index = 0; index < 3; index += 1) setTimeout(() => response.write('data: a\n\n'), index * 1_000);
      setTimeout(() => response.end(END), 3_000);
    });
    const { sink, ...rest } = call();
    await client.gateway.stream({ ...rest, sink });
    expect(sink.events).toHaveLength(4);
  });

  it('stop while the sink is busy, and restart afterwards', async () => {
    client = clientOf(upstream.url, { timeouts: { idleMs: 300 } });
    upstream.onGateway(stall);
    let heldUntil = 0;
    const sink = new Collector('end', async () => {
      await sleep(1_000);
      heldUntil = performance.now();
    });
    const error = await failure(client.gateway.stream(call({ sink })));
    expect(error).toMatchObject({ code: 'upstream_timeout', message: expect.stringMatching(/idleMs/) });
    expect(performance.now() - heldUntil).toBeGreaterThanOrEqual(299);
  });

  it('apply to the connection', async () => {
    const mute = await startMute();
    client = clientOf(upstream.url, { gatewayUrl: mute.url, timeouts: { connectMs: 100 } });
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamTimeoutError);
    expect(error.message).toMatch(/timeouts.connectMs/);
    await mute.close();
  });

  it('stop the upstream while the sink is busy', async () => {
    const total = 40 * 1024 * 1024;
    let written = 0;
    upstream.onGateway((response) => {
      beginSse(response);
      const line = `data: ${'x'.repeat(16_000)}\n\n`;
      const pour = () => {
        while (written < total) {
          written += line.length;
          if (!response.write(line)) {
            response.once('drain', pour);
            return;
          }
        }
        response.end(END);
      };
      pour();
    });
    let release = () => {};
    let holds = 0;
    const sink = new Collector('end', () => {
      holds += 1;
      return holds > 2 ? undefined : new Promise<void>((resolve) => (release = resolve));
    });
    const sent = client.gateway.stream(call({ sink }));
    for (const hold of [1, 2]) {
      while (sink.batches.length < hold) await sleep(5);
      await sleep(400);
      expect(written).toBeLessThan(total / 2);
      expect(sink.batches).toHaveLength(hold);
      release();
    }
    await sent;
    expect(sink.events).toHaveLength(Math.ceil(total / 16_008) + 1);
  });

  it('stop while the sink is busy at the end', async () => {
    upstream.onGateway(sse(END));
    let isReleased = false;
    const sink = new Collector('end', async () => {
      await sleep(80);
      isReleased = true;
    });
    await client.gateway.stream(call({ sink }));
    expect(isReleased).toBe(true);
  });
});

describe('GatewayClient error handling', () => {
  it('does not follow a redirect', async () => {
    const other = await startUpstream();
    upstream.onGateway(json(307, '', { location: `${other.url}/steal?token=1` }));
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.message).toContain(`redirects (307) to ${other.url}/steal,`);
    expect(other.requests).toHaveLength(0);
    await other.close();
  });

  it.each([
    ['JSON', json(200, { id: 'msg_1', content: [] }), /application\/json instead of a stream.*msg_1.*\.$/],
    [
      'gzip',
      json(200, 'x', { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }),
      /encoded as gzip, instead of a stream of events\. Check gatewayUrl and what stands in between\.$/,
    ],
    ['nothing', json(204, ''), /204.*in between\.$/],
  ])('reports %s instead of a stream', async (_name, reply, message) => {
    upstream.onGateway(reply);
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.message).toMatch(message);
    expect(error.isRetryable).toBe(false);
  });

  it('stops reading an endless error body', async () => {
    upstream.onGateway((response) => {
      response.writeHead(500);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await failure(client.gateway.stream(call()))).toBeInstanceOf(UpstreamError);
    await closed(upstream.request());
  });

  const drips =
    (status: number): Reply =>
    (response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.write('{"error":"For');
      const drip = setInterval(() => response.write('b'), 50);
      response.on('close', () => {
        clearInterval(drip);
      });
    };

  it('does not wait for the end of an error body that drips', async () => {
    client = clientOf(upstream.url, { timeouts: { totalMs: 60_000 } });
    upstream.onGateway(drips(529));
    const error = await failure(client.gateway.stream(call()));
    expect(error).toMatchObject({
      code: 'upstream_overloaded',
      message: expect.stringMatching(/529: \{"error":"Forbb/),
    });
    await closed(upstream.request());
  });

  it('recognises a rejected token in spite of a body that drips', async () => {
    upstream.onGateway(drips(401), sse(END));
    await client.gateway.stream(call());
    expect(upstream.exchanges).toHaveLength(2);
  });

  it('keeps the status of an error whose body breaks off', async () => {
    upstream.onGateway((response, { socket }) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.write('{"detail":"Valid', () => setTimeout(() => socket.destroy(), 20));
    });
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error.message).toMatch(/422/);
    expect(error.isRetryable).toBe(false);
  });
});

describe('GatewayClient error messages', () => {
  it('explain an edge that gave up without a reason', async () => {
    upstream.onGateway(json(408, ''));
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toMatchObject({ code: 'upstream_timeout', isRetryable: true });
  });

  it('explain a broken connection', async () => {
    upstream.onGateway(reset);
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error.isRetryable).toBe(true);
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('explain an unknown host', async () => {
    await client.exchange.get();
    const gone = await startUpstream();
    await gone.close();
    client = clientOf(upstream.url, { gatewayUrl: gone.url });
    const error = (await failure(client.gateway.stream(call()))) as GitlabDuoError;
    expect(error.message).toMatch(/ECONNREFUSED/);
    expect(error.isRetryable).toBe(true);
  });
});
