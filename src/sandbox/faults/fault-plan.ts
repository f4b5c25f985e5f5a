import { isSandboxApi, type SandboxApi } from '../gateway/sandbox-api.js';
import { isJsonObject } from '../json.js';
import { SANDBOX_FAULTS, type SandboxFault } from './sandbox-fault.js';

/** A fault for coming requests. */
export interface FaultPlan {
  fault: SandboxFault;
  /** How many requests it hits. Default 1, or the number in its name; 0 hits every request until a reset. */
  times?: number;
  /** Hits only requests to this API; unset, requests to any. Ignored for the exchange. */
  api?: SandboxApi;
  /** In a stream: how many deltas pass before it. Default 3; for `stream-cut`, all. */
  afterChunks?: number;
  /** Duration of a latency, a late first byte (default 70 s) or a stall (default: no end); interval of pings (1 s). */
  delayMs?: number;
  /** The `Retry-After` of a rate limit: seconds (default 1) or an HTTP date. */
  retryAfter?: number | string;
  /** Lifetime of a short-lived token, in seconds. Default 1. */
  expiresInSeconds?: number;
}

/** Faults that hit more than one request by default. */
const DEFAULT_TIMES: Partial<Record<SandboxFault, number>> = { 'gateway-unauthorized-twice': 2 };

/** How many requests a plan hits. */
export function timesOf({ fault, times = DEFAULT_TIMES[fault] ?? 1 }: FaultPlan): number {
  return times;
}

const NUMBERS = ['times', 'afterChunks', 'delayMs', 'expiresInSeconds'] as const;

/** Validates a fault plan. Throws a `TypeError` that says what is wrong with it. */
export function readFaultPlan(value: unknown): FaultPlan {
  if (!isJsonObject(value)) throw new TypeError('A fault plan is an object, such as {"fault":"gateway-overloaded"}.');
  if (!(SANDBOX_FAULTS as readonly unknown[]).includes(value.fault)) {
    throw new TypeError(`Unknown fault ${JSON.stringify(value.fault)}. Known faults: ${SANDBOX_FAULTS.join(', ')}.`);
  }
  if (value.api !== undefined && !isSandboxApi(value.api))
    throw new TypeError(`Unknown api ${JSON.stringify(value.api)}.`);
  for (const name of NUMBERS) {
    const number = value[name];
    if (number === undefined || (typeof number === 'number' && number >= 0)) continue;
    throw new TypeError(`\`${name}\` must be a number of 0 or more.`);
  }
  return value as unknown as FaultPlan;
}
