import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import { type Sandbox, type SandboxApi, type SandboxFault, startSandbox } from '../../../src/sandbox/index.js';
import { type StreamStep } from '../../../src/sandbox/stream/frame.js';
import { StreamPump } from '../../../src/sandbox/stream/stream-pump.js';
import { ask, type Body, SandboxClient, STOP_EVENT, until } from './sandbox-client.js';

const APIS: SandboxApi[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];
const TEXT_DELTA = /"text_delta"|"content":"[^"]+"|output_text\.delta",/g;
const PROMPT = 'Grüße aus Tromsø 🎈';

describe('Sandbox stream faults', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  const plain = {} as Record<SandboxApi, string>;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
    for (const api of APIS) plain[api] = timeless((await client.stream(api, PROMPT)).text);
  });

  afterEach(async () => {
    await until(() => sandbox.calls.openStreams === 0);
    sandbox.reset();
  });

  afterAll(() => sandbox.close());

  /** Some events carry the second at which they were made. */
  const timeless = (text: string) => text.replace(/"created(_at)?":\d+/g, '"created":0');
  const parse = (text: string) => {
    const events: unknown[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => events.push([event, data === '[DONE]' ? data : JSON.parse(data)]),
    });
    parser.feed(text);
    return events;
  };
  const deltas = (text: string) => text.match(TEXT_DELTA)?.length ?? 0;
  const body = (api: SandboxApi): Body => ask(api, PROMPT, { stream: true });
  const broken = async (api: SandboxApi, fault: SandboxFault, plan: object = {}) => {
    sandbox.fault({ fault, ...plan });
    return timeless((await client.stream(api, PROMPT)).text);
  };

  describe.each(APIS)('%s', (api) => {
    const ERROR: Record<SandboxApi, [failed: string, event: string]> = {
      'anthropic-messages': [
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"',
        'event: error\n',
      ],
      'openai-chat': ['data: {"error":{"message":"The server had an error', 'data: {"error":{'],
      'openai-responses': ['event: response.failed\n', 'event: error\ndata: {"type":"error","code":"server_error"'],
    };

    it('send a complete stream without a fault', () => {
      expect(plain[api]).toContain(STOP_EVENT[api]);
      expect(deltas(plain[api])).toBe(10);
    });

    it('fail after the given number of chunks', async () => {
      const text = await broken(api, 'stream-error', { afterChunks: 4 });
      expect(deltas(text)).toBe(4);
      expect(text).toContain(ERROR[api][0]);
      expect(text).not.toContain(STOP_EVENT[api]);
    });

    it('fail before any text', async () => {
      const text = await broken(api, 'stream-error-before-text');
      expect(deltas(text)).toBe(0);
      expect(text).toContain(ERROR[api][0]);
      expect(text).not.toMatch(/^(event: error|data: \{"error)/);
    });

    it('fail with a bare error event', async () => {
      expect(await broken(api, 'stream-error-event')).toContain(ERROR[api][1]);
    });

    it('end before the stop event', async () => {
      const text = await broken(api, 'stream-cut');
      expect(plain[api].startsWith(text)).toBe(true);
      expect(deltas(text)).toBe(10);
      expect(text).not.toContain(STOP_EVENT[api]);
    });

    it('end after the given number of chunks', async () => {
      const text = await broken(api, 'stream-cut', { afterChunks: 2 });
      expect(plain[api].startsWith(text)).toBe(true);
      expect(deltas(text)).toBe(2);
    });

    it('end inside the JSON of a tool call', async () => {
      const prompt = 'call weather {"city":"Tromsø","days":3}';
      const parameters = { type: 'object', properties: {} };
      const tool = { type: 'function', name: 'weather', parameters };
      const TOOLS: Record<SandboxApi, unknown> = {
        'anthropic-messages': { name: 'weather', input_schema: parameters },
        'openai-chat': { type: 'function', function: tool },
        'openai-responses': tool,
      };
      sandbox.fault({ fault: 'stream-cut-in-tool' });
      const { text } = await client.stream(api, prompt, { tools: [TOOLS[api]] });
      const pieces = [...text.matchAll(/"(?:partial_json|arguments|delta)":("(?:[^"\\]|\\.)*")/g)];
      const json = pieces.map(([, piece]) => JSON.parse(String(piece)) as string).join('');
      expect(json).toMatch(/^\{"city":"Tromsø"/);
      expect(json).not.toContain('}');
      expect(text).not.toContain(STOP_EVENT[api]);
    });

    it('reset the socket after the given number of chunks', async () => {
      sandbox.fault({ fault: 'stream-reset', afterChunks: 5 });
      const { packets, end } = await client.packets(api, body(api));
      expect(deltas(Buffer.concat(packets).toString())).toBe(5);
      expect(end).toBe('ECONNRESET');
    });

    it('stall', async () => {
      sandbox.fault({ fault: 'stream-stall', afterChunks: 2 });
      const controller = new AbortController();
      const response = await fetch(client.url(api), {
        method: 'POST',
        headers: client.headers,
        body: JSON.stringify(body(api)),
        signal: controller.signal,
      });
      let text = '';
      const reading = (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
      })();
      reading.catch(() => undefined);
      await until(() => deltas(text) === 2);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(deltas(text)).toBe(2);
      expect(sandbox.calls.openStreams).toBe(1);
      controller.abort();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      await until(() => sandbox.calls.openStreams === 0);
      expect(sandbox.calls).toMatchObject({ endedStreams: 0, abortedStreams: 1 });
    });

    it('pause, then continue', async () => {
      const start = performance.now();
      expect(await broken(api, 'stream-stall', { delayMs: 100 })).toBe(plain[api]);
      expect(performance.now() - start).toBeGreaterThanOrEqual(95);
    });

    it('send only pings', async () => {
      sandbox.fault({ fault: 'stream-stall-with-pings', afterChunks: 1, delayMs: 10 });
      let text = '';
      const reading = client.packets(api, body(api), (packet) => {
        text += packet.toString();
      });
      const ping = api === 'anthropic-messages' ? /event: ping/g : /: keep-alive/g;
      await until(() => (text.match(ping)?.length ?? 0) > 4);
      expect(deltas(text)).toBe(1);
      await sandbox.close();
      await reading;
      sandbox = await startSandbox();
      client = await SandboxClient.connect(sandbox);
    });

    it('delay the first byte', async () => {
      sandbox.fault({ fault: 'stream-late-first-byte', delayMs: 120 });
      const start = performance.now();
      const response = await fetch(client.url(api), {
        method: 'POST',
        headers: client.headers,
        body: JSON.stringify(body(api)),
      });
      expect(performance.now() - start).toBeGreaterThanOrEqual(115);
      expect(timeless(await response.text())).toBe(plain[api]);
    });

    it('send byte by byte', async () => {
      sandbox.fault({ fault: 'stream-byte-by-byte' });
      const { packets } = await client.packets(api, body(api));
      expect(timeless(Buffer.concat(packets).toString())).toBe(plain[api]);
      expect(packets.every((packet) => packet.length === 1)).toBe(true);
    });

    it('send one write', async () => {
      sandbox.fault({ fault: 'stream-one-write' });
      const { packets } = await client.packets(api, body(api));
      expect(packets.map((packet) => timeless(packet.toString()))).toEqual([plain[api]]);
    });

    it('split characters', async () => {
      sandbox.fault({ fault: 'stream-utf8-split' });
      const { packets } = await client.packets(api, body(api));
      expect(timeless(Buffer.concat(packets).toString())).toBe(plain[api]);
      const isHalf = (packet: Buffer) => packet.toString().includes('\uFFFD');
      expect(packets.filter(isHalf).length).toBeGreaterThanOrEqual(3);
    });

    it('mix line endings', async () => {
      expect(await broken(api, 'stream-crlf')).toBe(plain[api].replaceAll('\n', '\r\n'));
      expect(await broken(api, 'stream-lone-cr')).toBe(plain[api].replaceAll('\n', '\r'));
    });

    it('write events in unusual but valid ways', async () => {
      sandbox.fault({ fault: 'stream-byte-order-mark' });
      const { packets } = await client.packets(api, body(api));
      expect(timeless(Buffer.concat(packets).toString())).toBe(`\uFEFF${plain[api]}`);
      expect((await broken(api, 'stream-comments')).replaceAll(': a comment\n', '')).toBe(plain[api]);
      const dense = await broken(api, 'stream-no-space');
      expect(dense).toContain('data:{');
      expect(dense.replace(/^(event|data):/gm, '$1: ')).toBe(plain[api]);
    });

    it('send an unknown event', async () => {
      const text = await broken(api, 'stream-unknown-events');
      expect(text.match(/"surprise":/g)?.length).toBeGreaterThan(8);
      expect(text.endsWith(plain[api].slice(plain[api].lastIndexOf(STOP_EVENT[api])))).toBe(true);
    });

    it('spread JSON over many data lines', async () => {
      const text = (await broken(api, 'stream-multi-line-data')).replace(/"created(_at)?": \d+/g, '"created":0');
      expect(text).toMatch(/^data: \{\ndata: {2}"/m);
      expect(parse(text)).toEqual(parse(plain[api]));
    });

    it('send unknown deltas, each for the current block', async () => {
      const text = await broken(api, 'stream-unknown-deltas');
      const events = text.split('\n\n');
      const unknown = events.filter((event) => event.includes('surprise'));
      expect(unknown).toHaveLength(10);
      expect(events.filter((event) => !unknown.includes(event)).join('\n\n')).toBe(plain[api]);
      if (api !== 'openai-responses') expect(unknown.every((event) => event.includes('"index":0'))).toBe(true);
    });

    it('compress the stream, piece by piece', async () => {
      sandbox.fault({ fault: 'stream-gzip' });
      sandbox.fault({ fault: 'stream-stall', delayMs: 1_000, api });
      const response = await fetch(client.url(api), {
        method: 'POST',
        headers: client.headers,
        body: JSON.stringify(body(api)),
      });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      const pieces: Buffer[] = [];
      for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece as Uint8Array));
      expect(pieces.length).toBeGreaterThan(1);
      expect(deltas(String(pieces[0]))).toBeLessThan(10);
      expect(timeless(Buffer.concat(pieces).toString())).toBe(plain[api]);
    });

    it('send one JSON body instead', async () => {
      sandbox.fault({ fault: 'stream-json-body' });
      const streamed = await client.stream(api, PROMPT);
      expect([streamed.status, streamed.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(timeless(streamed.text)).toBe(timeless((await client.post(api, ask(api, PROMPT))).text));
    });

    it('wait for a request that streams', async () => {
      sandbox.fault({ fault: 'stream-cut' });
      expect((await client.post(api, ask(api, PROMPT))).status).toBe(200);
      expect((await client.stream(api, PROMPT)).text).not.toContain(STOP_EVENT[api]);
    });
  });

  it('break the official clients as the real service would', async () => {
    const create = () => client.anthropic.messages.stream(ask('anthropic-messages', PROMPT) as never).finalMessage();
    sandbox.fault({ fault: 'stream-error' });
    await expect(create()).rejects.toThrow('Overloaded');
    sandbox.fault({ fault: 'stream-crlf' });
    expect((await create()).content).toHaveLength(1);
    sandbox.fault({ fault: 'stream-utf8-split' });
    expect((await create()).content).toMatchObject([{ text: expect.stringContaining(PROMPT) }]);
  });
});

describe('StreamPump', () => {
  let server: Server;
  let closed: boolean[];

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function open(steps: Iterable<StreamStep>, paceMs = 0): Promise<IncomingMessage> {
    closed = [];
    server = createServer((_request, response) => {
      new StreamPump(response, response, steps, paceMs).start((isEnded) => closed.push(isEnded));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const request = get({ port: (server.address() as AddressInfo).port, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  }

  it.each([0, 1])('takes no more steps than its client reads, at a pace of %d', async (paceMs) => {
    let taken = 0;
    function* endless(): Generator<StreamStep> {
      for (;;) {
        taken += 1;
        yield { kind: 'text', data: 'x'.repeat(1_000_000) };
      }
    }
    const response = await open(endless(), paceMs);
    let settled = 0;
    await until(() => {
      const isSettled = settled === taken && taken > 1;
      settled = taken;
      return isSettled;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).toBeLessThan(30);
    const before = taken;
    response.resume();
    await until(() => taken > before + 50);
    response.destroy();
    await until(() => closed.length === 1);
    expect(closed).toEqual([false]);
  });

  it('takes no step after its client has disconnected', async () => {
    let taken = 0;
    function* endless(): Generator<StreamStep> {
      for (;;) {
        taken += 1;
        yield { kind: 'text', data: 'x' };
      }
    }
    const response = await open(endless(), 5);
    await until(() => taken > 3);
    response.destroy();
    await until(() => closed.length === 1);
    const before = taken;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(taken).toBe(before);
  });

  it('pauses only after deltas', async () => {
    const response = await open(
      Array.from({ length: 100 }, () => ({ kind: 'other' as const, data: 'x' })),
      60_000,
    );
    response.resume();
    await once(response, 'end');
    await until(() => closed.length === 1);
    expect(closed).toEqual([true]);
  });

  it('catches up in one write after its process was busy', async () => {
    const deltas = Array.from({ length: 20 }, () => ({ kind: 'text' as const, data: 'x' }));
    const start = performance.now();
    const response = await open(deltas, 20);
    const packets: string[] = [];
    response.on('data', (packet: Buffer) => {
      packets.push(packet.toString());
      if (packets.length > 1) return;
      const busy = performance.now() + 200;
      while (performance.now() < busy);
    });
    await once(response, 'end');
    expect(performance.now() - start).toBeGreaterThanOrEqual(375);
    expect(packets.join('')).toBe('x'.repeat(20));
    expect(Math.max(...packets.map((packet) => packet.length))).toBeGreaterThanOrEqual(8);
  });
});
