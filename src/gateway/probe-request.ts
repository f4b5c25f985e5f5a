import { type GatewayCall, type ErrorResponse } from './gateway-call.interface.js';
import { parseObject, readErrorBody } from './error-body.js';

/** A request without a model and without messages, of which nothing but a refusal is awaited. */
export const PROBE_REQUEST: GatewayCall = {
  path: '/anthropic/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  body: '{}',
  sink: { isDone: true, mayCost: false, push: () => undefined },
};

/**
 * Whether it is for its body that the empty request was refused, by the gateway or by a vendor behind it: nobody else
 * answers with JSON of these statuses, and whoever looks at the body has taken the token and the headers.
 */
export function isBodyRejection({ status, body }: ErrorResponse): boolean {
  const isRefused = (status === 400 || status === 422) && parseObject(body) !== undefined;
  return isRefused && !/\b(?:header|api key)\b/i.test(readErrorBody(body).detail);
}
