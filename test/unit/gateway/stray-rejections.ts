// Run by a spec as a process of its own: Node ends it with a failure if a rejection stays unhandled.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { clientOf, Collector } from './client.js';
import { beginSse, type Reply, reset, silence, startUpstream } from './upstream.js';

Logger.overrideLogger(false);

const stall: Reply = (response) => {
  beginSse(response);
  response.write('data: a\n\n');
};
const rejectsLate = () => sleep(50).then(() => Promise.reject(new Error('late')));

const question: ModelRequest = {
  model: 'duo-chat-haiku-4-5',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
};

const upstream = await startUpstream();
for (const [at, reply] of [
  ['exchange', silence],
  ['exchange', reset],
  ['gateway', silence],
  ['gateway', stall],
  ['gateway', reset],
] as const) {
  for (const delayMs of [0, 1, 5, 30]) {
    const client = clientOf(upstream.url);
    if (at === 'exchange') upstream.onExchange(reply);
    else upstream.onGateway(reply);
    const { signal } = { signal: AbortSignal.timeout(delayMs) };
    const call = { path: '/x', headers: {}, body: '{}', signal };
    await Promise.allSettled([
      client.gateway.stream({ ...call, sink: new Collector('end', rejectsLate) }),
      client.gateway.stream({ ...call, sink: new Collector() }),
      client.exchange.get(signal),
      client.router.route(question, { signal, onEvents: () => rejectsLate() }),
      client.router.stream(question, { signal }).next(),
    ]);
    await client.close();
  }
  if (at === 'exchange') upstream.onExchange((response) => response.writeHead(201).end('{"token":"t"}'));
}
const leaver = new AbortController();
const leaving = clientOf(upstream.url, {
  credentials: () => {
    leaver.abort();
    return Promise.reject(new Error('The vault is down.'));
  },
});
await Promise.allSettled([leaving.exchange.get(leaver.signal)]);
await leaving.close();
await sleep(100);
// The other side reports their closing some time later; a connection that stays open keeps this process alive.
while ((await upstream.openSockets()) > 0) await sleep(10);
await upstream.close();
console.log('no stray rejection');
