import { type VendorErrors } from '../gateway/vendor.interface.js';
import { Refusal, type Reply } from '../server/reply.js';
import { namedEvent } from '../stream/sse.js';

function error(status: number, type: string, message: string): Reply {
  return { status, body: { type: 'error', error: { type, message } } };
}

const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

export const anthropicErrors: VendorErrors = {
  invalidRequest: (message) => error(400, 'invalid_request_error', message),
  contextOverflow: (tokens, limit) =>
    error(400, 'invalid_request_error', `prompt is too long: ${tokens} tokens > ${limit} maximum`),
  rateLimit: () =>
    error(
      429,
      'rate_limit_error',
      "This request would exceed your organization's rate limit of input tokens per minute.",
    ),
  overloaded: () => ({ status: 529, body: OVERLOADED }),
  ping: namedEvent('ping', { type: 'ping' }),
  streamError: namedEvent('error', OVERLOADED),
  errorEvent: namedEvent('error', OVERLOADED),
  unknownEvent: namedEvent('surprise', { type: 'surprise', surprise: { text: 'unknown' } }),
};

/** Refuses a request as Anthropic does. */
export function refuse(message: string): never {
  throw new Refusal(anthropicErrors.invalidRequest(message));
}
