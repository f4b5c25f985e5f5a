import { type GatewayCall, type ErrorResponse } from './gateway-call.interface.js';
import { parseObject, readErrorBody } from './error-body.js';

/** A request without model and messages: the only expected response is a rejection. */
export const PROBE_REQUEST: GatewayCall = {
  path: '/anthropic/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  body: '{}',
  sink: { isDone: true, mayCost: false, push: () => undefined },
};

/**
 * Whether the probe was rejected for its empty body, which means that the token and the headers were accepted: only the
 * gateway, and the vendor behind it, answer with JSON and these statuses.
 */
export function isBodyRejection({ status, body }: ErrorResponse): boolean {
  const isRefused = (status === 400 || status === 422) && parseObject(body) !== undefined;
  return isRefused && !/\b(?:header|api key)\b/i.test(readErrorBody(body).detail);
}
