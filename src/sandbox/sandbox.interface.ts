import { type SandboxCalls } from './server/call-log.js';
import { type FaultPlan } from './faults/fault-plan.js';

/** How a sandbox is started; every field has a default. */
export interface SandboxOptions {
  /** TCP port. Default 0: any free one. */
  port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  host?: string;
  /** The only personal access token accepted. Unset: any, except `…revoked…`, `…expired…` and `glcbt-…`. */
  token?: string;
  /** Pause between two deltas of a stream, in milliseconds. Default 0, and 25 for the long answer. */
  chunkDelayMs?: number;
  /** Words in one text delta. Default 1. */
  chunkSize?: number;
}

/** A running local GitLab Duo: a GitLab instance and its AI gateway behind one address. */
export interface Sandbox {
  /** The URL of both the instance and the gateway, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** A snapshot of the calls so far. */
  readonly calls: SandboxCalls;
  /**
   * Plans a fault for coming requests, after those planned before.
   *
   * @throws TypeError when the plan names no known fault.
   */
  fault(plan: FaultPlan): void;
  /** Drops all planned faults and sets the counters to zero. Tokens and open streams stay. */
  reset(): void;
  /** Closes every socket and timer immediately. */
  close(): Promise<void>;
}
