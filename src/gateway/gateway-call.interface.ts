import { type Caller } from '../config/gitlab-duo-options.interface.js';

/** Takes the events of a response. */
export interface GatewaySink {
  /** True once the vendor's last event has come; the call then resolves, whatever may follow. */
  readonly isDone: boolean;
  /**
   * Updated during the call: whether the request was sent and not refused, so that it may cost something, however it
   * ends.
   */
  mayCost: boolean;
  /**
   * Takes the `data` of all events that one network read completed. Nothing more is read until a returned promise
   * resolves; what is thrown or rejected fails the call.
   */
  push(events: string[]): void | Promise<void>;
}

/** One request to the gateway. */
export interface GatewayCall {
  /** Below the gateway's prefix, with a leading slash. */
  path: string;
  /** In addition to the gateway's own headers. */
  headers: Readonly<Record<string, string>>;
  /** JSON. */
  body: string | Buffer;
  /** The credential of this owner pays; a caller without an owner when unset. */
  caller?: Caller;
  signal?: AbortSignal;
  sink: GatewaySink;
}

/** A response that is not a stream of events; the body as far as it was read. */
export interface ErrorResponse {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}
