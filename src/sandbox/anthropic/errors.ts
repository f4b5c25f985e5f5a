import { type VendorErrors } from '../gateway/vendor.interface.js';
import { Refusal, type Reply } from '../server/reply.js';
import { namedEvent } from '../stream/sse.js';

function error(status: number, type: string, message: string): Reply {
  return { status, body: { type: 'error', error: { type, message } } };
}

function invalid(message: string): Reply {
  return error(400, 'invalid_request_error', message);
}

const OVERLOADED = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

export const anthropicErrors: VendorErrors = {
  invalidRequest: invalid,
  contextOverflow: (tokens, limit) => invalid(`prompt is too long: ${tokens} tokens > ${limit} maximum`),
  contextOverflowByOutput: () =>
    invalid(
      'input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000, decrease input length or `max_tokens` and try again',
    ),
  maxTokensTooLarge: () =>
    invalid('max_tokens: 999999 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-6'),
  imageTooLarge: () =>
    invalid('messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes'),
  contextDecoy: () => invalid("Tool 'prompt is too long: context_length_exceeded' not found in provided tools"),
  rateLimit: () =>
    error(
      429,
      'rate_limit_error',
      "This request would exceed your organization's rate limit of input tokens per minute.",
    ),
  overloaded: () => ({ status: 529, body: OVERLOADED }),
  streamError: namedEvent('error', OVERLOADED),
  errorEvent: namedEvent('error', OVERLOADED),
};

/** Refuses a request as Anthropic does. */
export function refuse(message: string): never {
  throw new Refusal(anthropicErrors.invalidRequest(message));
}
