import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a server and its database, and holds up what passes. */
export interface DatabaseProxy {
  readonly url: string;
  /** Holds the first request with this text, and all after it on its connection; resolves when it holds it. */
  holdRequest(text: string): Promise<void>;
  /** Passes the first request with this text, and holds the reply; resolves when that has come. */
  holdReply(text: string): Promise<void>;
  close(): Promise<void>;
}

interface Hold {
  text: string;
  side: 'request' | 'reply';
  isHolding: () => void;
}

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let planned: Hold | undefined;
  const hold = (side: Hold['side'], text: string): Promise<void> =>
    new Promise((resolve) => {
      planned = { text, side, isHolding: resolve };
    });

  const server = createServer((client) => {
    const database = connect(Number(target.port || 5432), target.hostname);
    let held: Hold | undefined;
    let last = '';
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
    client.on('data', (chunk) => {
      last = last.slice(-200) + chunk.toString('latin1');
      if (planned && last.includes(planned.text)) {
        held = planned;
        planned = undefined;
        if (held.side === 'request') held.isHolding();
      }
      if (held?.side !== 'request') database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (held === undefined) client.write(chunk);
      else if (held.side === 'reply') held.isHolding();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    holdRequest: (text) => hold('request', text),
    holdReply: (text) => hold('reply', text),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
