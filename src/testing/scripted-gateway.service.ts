import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { type GatewayCall } from '../gateway/gateway-call.interface.js';
import { type GatewayClient } from '../gateway/gateway-client.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { DuoScript } from './duo-script.service.js';
import { scriptEvents } from './script-event.js';

/** Answers by the script what `GatewayClient` would send to GitLab; opens no socket. */
@Injectable()
export class ScriptedGateway implements Pick<GatewayClient, keyof GatewayClient> {
  constructor(@Inject(DuoScript) private readonly script: DuoScript) {}

  async stream({ body, signal, sink }: GatewayCall): Promise<void> {
    signal?.throwIfAborted();
    const request = JSON.parse(body.toString()) as ModelRequest;
    const { number, outcome } = await unlessAborted(this.script.take(request), signal);
    for (const event of scriptEvents(number, outcome)) {
      // Each event is a network read of its own: who follows may take it, and cancel, before the next.
      await setImmediate();
      signal?.throwIfAborted();
      // What is refused costs nothing, and has no event.
      sink.mayCost = true;
      await sink.push([JSON.stringify(event)]);
    }
  }

  check(): Promise<void> {
    return Promise.resolve();
  }
}

/** What the work comes to, or a rejection with the signal's reason as soon as that aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
