import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { ChunkWriter } from '../../../src/http/chunk-writer.js';
import { UiWriter } from '../../../src/ui/ui-writer.js';

it('leaves no listener on a connection that serves the next request', async () => {
  const listeners: number[] = [];
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
    listeners.push(response.socket?.listenerCount('drain') ?? NaN);
    const writer = new UiWriter(response, new ChunkWriter(response), 0);
    writer.finish([{ type: 'text-start', id: 'text-1' }]);
    response.end();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const sockets = new Set<unknown>();
    for (let request = 0; request < 3; request += 1) {
      const [message] = (await once(get({ port, host: '127.0.0.1', agent }), 'response')) as [IncomingMessage];
      sockets.add(message.socket);
      message.resume();
      await once(message, 'end');
      await nextTurn();
    }
    expect(sockets.size).toBe(1);
    expect(new Set(listeners).size).toBe(1);
  } finally {
    agent.destroy();
    server.close();
  }
});
