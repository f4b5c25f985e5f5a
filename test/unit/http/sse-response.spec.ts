import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent, writeEvents } from '../../../src/http/sse-response.js';
import { noUsage } from '../../../src/messages/usage.js';
import { LiveRun } from '../../../src/runs/live-run.js';

describe('encodeEvent', () => {
  it('puts the type into the event and everything else into the data', () => {
    expect(encodeEvent('run', 7, { type: 'text-delta', text: 'a\n"b"' })).toBe(
      'id: run:7\nevent: text-delta\ndata: {"text":"a\\n\\"b\\""}\n\n',
    );
    expect(encodeEvent('run', 8, { type: 'message-start', messageId: 'm', role: 'assistant' })).toBe(
      'id: run:8\nevent: message-start\ndata: {"messageId":"m","role":"assistant"}\n\n',
    );
  });
});

describe('writeEvents', () => {
  let server: Server;
  let run: LiveRun;
  let written: Promise<void>;

  beforeEach(async () => {
    run = new LiveRun('run', 'chat');
    server = createServer((_request, response) => {
      written = writeEvents(response, {}, run.id, run.follow());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function connect(): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
    return response;
  }

  it('lets a reader that pauses hold up itself alone', async () => {
    const reader = await connect();
    reader.pause();
    const text = 'x'.repeat(1_000);
    for (let event = 0; event < 20_000; event += 1) run.append([{ type: 'text-delta', text }]);
    run.end({ status: 'completed', message: null, usage: noUsage });
    let isWritten = false;
    void written.then(() => (isWritten = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isWritten).toBe(false);
    let bytes = 0;
    for await (const chunk of reader) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(20_000 * 1_000);
    await written;
  });

  it('ends when the reader has gone', async () => {
    const reader = await connect();
    reader.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    run.append([{ type: 'text-delta', text: 'x' }]);
    await written;
  });
});
