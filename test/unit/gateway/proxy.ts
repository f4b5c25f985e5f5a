import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy that opens tunnels (CONNECT), and notes to where. */
export interface Proxy {
  url: string;
  tunnels: string[];
  /** What it answers instead of opening tunnels, or nothing at all. */
  refuseWith: number | 'silence' | undefined;
  close(): Promise<void>;
}

export async function startProxy(): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer().on('connect', ({ url = '' }, socket: Socket) => {
    proxy.tunnels.push(url);
    sockets.add(socket.on('error', () => undefined));
    if (proxy.refuseWith === 'silence') return;
    if (proxy.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${proxy.refuseWith} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host, port] = url.split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    socket.on('close', () => target.destroy());
    target.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels: [],
    refuseWith: undefined,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
