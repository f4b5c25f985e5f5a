import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

import { type SandboxApi, SANDBOX_APIS } from '../gateway/sandbox-api.js';
import { parseJson } from '../json.js';

/** A request as the sandbox received it, without its `authorization` header. `body` is parsed if it is JSON. */
export interface ReceivedRequest {
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A request that followed a redirect to another host, with all its headers: none of them should be a credential. */
export interface StrayRequest extends ReceivedRequest {
  method: string;
  url: string;
}

/** The calls of a sandbox. */
export interface SandboxCalls {
  /** Token exchanges, refused ones included. */
  exchanges: number;
  /** Requests to each vendor API, refused ones included. */
  requests: Record<SandboxApi, number>;
  openStreams: number;
  /** Streams that the sandbox ended itself, cut ones included. */
  endedStreams: number;
  /** Streams that the client closed. */
  abortedStreams: number;
  openSockets: number;
  lastExchange: ReceivedRequest | null;
  lastRequests: Record<SandboxApi, ReceivedRequest | null>;
  /** Requests to the other host, to which `exchange-redirect` and `gateway-redirect` lead. */
  strayRequests: StrayRequest[];
}

/** Counts and records the calls of a sandbox. */
export class CallLog {
  private counted = CallLog.nothing();
  private openStreams = 0;

  private static nothing(): Omit<SandboxCalls, 'openStreams' | 'openSockets'> {
    return {
      exchanges: 0,
      requests: byApi(0),
      endedStreams: 0,
      abortedStreams: 0,
      lastExchange: null,
      lastRequests: byApi<ReceivedRequest | null>(null),
      strayRequests: [],
    };
  }

  exchange(headers: IncomingHttpHeaders, body: string): void {
    this.counted.exchanges += 1;
    this.counted.lastExchange = received(headers, body);
  }

  request(api: SandboxApi, headers: IncomingHttpHeaders, body: string): void {
    this.counted.requests[api] += 1;
    this.counted.lastRequests[api] = received(headers, body);
  }

  stray({ method = '', url = '', headers }: IncomingMessage, body: string): void {
    this.counted.strayRequests.push({ method, url, headers, body: parseJson(body) ?? body });
  }

  streamOpened(): void {
    this.openStreams += 1;
  }

  streamClosed(isEnded: boolean): void {
    this.openStreams -= 1;
    this.counted[isEnded ? 'endedStreams' : 'abortedStreams'] += 1;
  }

  reset(): void {
    this.counted = CallLog.nothing();
  }

  snapshot(openSockets: number): SandboxCalls {
    return structuredClone({ ...this.counted, openStreams: this.openStreams, openSockets });
  }
}

function byApi<T>(value: T): Record<SandboxApi, T> {
  return Object.fromEntries(SANDBOX_APIS.map((api) => [api, value])) as Record<SandboxApi, T>;
}

function received(headers: IncomingHttpHeaders, body: string): ReceivedRequest {
  const shown = { ...headers };
  delete shown.authorization;
  return { headers: shown, body: parseJson(body) ?? body };
}
