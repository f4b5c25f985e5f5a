import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { promisify } from 'node:util';

/** What came in on one request. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  socket: Socket;
}

export type Reply = (response: ServerResponse, request: Received) => void;

/** A GitLab instance and its gateway on a real socket, scripted reply by reply; the last reply repeats. */
export interface Upstream {
  url: string;
  exchanges: Received[];
  requests: Received[];
  /** The exchange or the gateway's request of this index, 0 by default, which must have come. */
  exchange(index?: number): Received;
  request(index?: number): Received;
  /** Resolves with the next request of the gateway, or of the exchange. */
  arrival(at: 'gateway' | 'exchange'): Promise<Received>;
  openSockets(): Promise<number>;
  onExchange(...replies: Reply[]): void;
  onGateway(...replies: Reply[]): void;
  close(): Promise<void>;
}

/** @param tls serves https on `localhost`, with this certificate */
export async function startUpstream(tls?: { key: Buffer; cert: Buffer }): Promise<Upstream> {
  let exchangeReplies: Reply[] = [grant()];
  let gatewayReplies: Reply[] = [text('Hello')];
  const exchanges: Received[] = [];
  const requests: Received[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url = '', headers, socket } = request;
      const received = { path: url, headers, body: Buffer.concat(chunks).toString(), socket };
      const isExchange = url.endsWith('/direct_access');
      const replies = isExchange ? exchangeReplies : gatewayReplies;
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      (isExchange ? exchanges : requests).push(received);
      server.emit(isExchange ? 'exchange' : 'gateway', received);
      reply?.(response, received);
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  // Told to the client, so that neither side closes a connection that idles.
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`,
    exchanges,
    requests,
    exchange: (index = 0) => had(exchanges[index]),
    request: (index = 0) => had(requests[index]),
    arrival: async (at) => ((await once(server, at)) as [Received])[0],
    openSockets: promisify(server.getConnections.bind(server)),
    onExchange: (...replies) => {
      exchangeReplies = replies;
    },
    onGateway: (...replies) => {
      gatewayReplies = replies;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function had(received: Received | undefined): Received {
  if (received === undefined) throw new Error('No such request has come.');
  return received;
}

/** A host that accepts TCP connections and never says a word, so that a TLS connection never stands. */
export async function startMute(): Promise<{ url: string; connected: Promise<unknown>; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connected: once(server, 'connection'),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

let grants = 0;

/** A successful exchange; every token is another. */
export function grant(fields: Record<string, unknown> = {}): Reply {
  return (response) => {
    grants += 1;
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    json(201, {
      token: `gateway-token-${grants}`,
      headers: { 'X-Gitlab-Realm': 'saas' },
      expires_at: expiresAt,
      ...fields,
    })(response, undefined as never);
  };
}

/** A reply with this status; a body that is no text is sent as JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** A stream of events of which `pieces` are written, one after the other as they are read; then it ends. */
export function sse(...pieces: (string | Buffer)[]): Reply {
  return (response) => {
    beginSse(response);
    const next = (index: number) => {
      if (index === pieces.length) response.end();
      else response.write(pieces[index], () => setTimeout(next, 2, index + 1));
    };
    next(0);
  };
}

export function beginSse(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
}

/** The frame of one server-sent event. */
export function frame(event: { type: string; [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

const usage = { input_tokens: 12, output_tokens: 1 };
export const messageStart =
  frame({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage } }) +
  frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
export const messageEnd =
  frame({ type: 'content_block_stop', index: 0 }) +
  frame({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }) +
  frame({ type: 'message_stop' });

export function textDelta(words: string): string {
  return frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } });
}

/** A whole Anthropic answer, one write a delta. */
export function text(...deltas: string[]): Reply {
  return sse(messageStart, ...deltas.map(textDelta), messageEnd);
}

/** Keeps a reply back until it is released, and tells when it is due. */
export function held(reply: Reply): { reply: Reply; isDue: Promise<void>; release: () => void } {
  let tell = () => {};
  let release = () => {};
  const isDue = new Promise<void>((resolve) => (tell = resolve));
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  return {
    reply: (...to) => {
      tell();
      void isReleased.then(() => {
        reply(...to);
      });
    },
    isDue,
    release,
  };
}

/** Takes the request and says nothing. */
export const silence: Reply = () => undefined;

/** Drops the connection. */
export const reset: Reply = (_response, { socket }) => {
  socket.resetAndDestroy();
};

/** Resolves once the socket of a request is closed, which no side does on its own account within a test's time. */
export async function closed({ socket }: Received): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}
