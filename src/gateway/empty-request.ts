import { type GatewayCall, type Refusal } from './gateway-call.interface.js';
import { parseObject, readErrorBody } from './error-body.js';

/** A request without a model and without messages, of which nothing but a refusal is awaited. */
export const EMPTY_CALL: GatewayCall = {
  path: '/anthropic/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  body: '{}',
  sink: { isDone: true, push: () => undefined },
};

/** How the gateway refuses a body of which it can make nothing. */
const ownWords = /^(?:unsupported model|failed to extract |invalid json|validation error)/i;

/**
 * Whether it is for its body that the empty request was refused, by the gateway or by a vendor behind it: nobody else
 * gets to see the body, and whoever looks at it has taken the token and the headers.
 */
export function isForEmptiness({ status, body }: Refusal): boolean {
  if (status !== 400 && status !== 422) return false;
  const detail = parseObject(body)?.detail;
  if (typeof detail === 'string' && ownWords.test(detail)) return true;
  if (Array.isArray(detail)) return detail.length > 0 && detail.every(isOfBody);
  const { vendor } = readErrorBody(body);
  return vendor?.type === 'invalid_request_error' && !/\bheader\b/i.test(vendor.message ?? '');
}

/** Whether an entry of the list of what the gateway misses is about the body; headers may be missed just so. */
function isOfBody(issue: unknown): boolean {
  const { loc } = (issue ?? {}) as { loc?: unknown };
  return Array.isArray(loc) && loc[0] === 'body';
}
