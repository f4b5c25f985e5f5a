import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and its database, and ends connections as a database that is shut down does. */
export interface EndingProxy {
  readonly url: string;
  /**
   * Ends the next connections that are ready for a query: the server's last words, FATAL 57P01 (admin_shutdown), leave in
   * one segment with its ReadyForQuery.
   * @param connections how many
   */
  endWhenReady(connections: number): void;
  /** Cuts all connections that there are. */
  cut(): void;
  close(): Promise<void>;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: a type, the length of what follows, a body. */
const HEAD_BYTES = 5;
const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const LAST_WORDS = errorResponse({ S: 'FATAL', V: 'FATAL', C: '57P01', M: 'terminating connection' });

export async function startEndingProxy(databaseUrl: string): Promise<EndingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let left = 0;
  const server = createServer((client) => {
    const database = connect(Number(target.port || 5432), target.hostname);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(database);
    let received = Buffer.alloc(0);
    database.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const { bytes, isReady } = wholeMessages(received);
      const whole = received.subarray(0, bytes);
      received = received.subarray(bytes);
      if (!isReady || left === 0) return void client.write(whole);
      left -= 1;
      client.end(Buffer.concat([whole, LAST_WORDS]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    endWhenReady: (connections) => (left = connections),
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** How many bytes are whole messages, and whether the last of them says that the server is ready for a query. */
function wholeMessages(received: Buffer): { bytes: number; isReady: boolean } {
  let bytes = 0;
  let isReady = false;
  while (received.length >= bytes + HEAD_BYTES) {
    const end = bytes + 1 + received.readUInt32BE(bytes + 1);
    if (received.length < end) break;
    isReady = received[bytes] === READY_FOR_QUERY;
    bytes = end;
  }
  return { bytes, isReady };
}

function errorResponse(fields: Record<string, string>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([type, value]) => `${type}${value}\0`)
      .join('')}\0`,
  );
  const head = Buffer.alloc(HEAD_BYTES, 'E');
  head.writeUInt32BE(body.length + HEAD_BYTES - 1, 1);
  return Buffer.concat([head, body]);
}
