import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { certificate } from '../unit/gateway/tls-fixture.js';

/** Stands before a server with a certificate of a private authority. */
export interface TlsRelay {
  url: string;
  close(): Promise<void>;
}

export async function startTlsRelay(target: string): Promise<TlsRelay> {
  const server = createServer(certificate, (incoming, reply) => {
    const { url = '/', method, headers } = incoming;
    const onward = request(target + url, { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
