import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { type StreamStep } from '../../../src/sandbox/stream/frame.js';
import { StreamPump } from '../../../src/sandbox/stream/stream-pump.js';
import { until } from './sandbox-client.js';

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
