import { type Complaint } from '../errors/complaint.interface.js';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { redact } from '../errors/redact.js';
import {
  ContextWindowExceededError,
  PartRefusedError,
  PayloadTooLargeError,
  RateLimitError,
  UpstreamError,
  UpstreamOverloadedError,
  UpstreamTimeoutError,
} from '../errors/upstream.errors.js';
import { complaintOf } from './complaint.js';
import { type VendorError } from './vendor-error.interface.js';

const MAX_QUOTE_LENGTH = 500;

// Only what a vendor says of the context window itself: a complaint that mentions `max_tokens` is not one.
const contextOverflows = [
  /prompt is too long: \d+ tokens > \d+ maximum/i,
  /^prompt is too long$/i,
  /input length and `max_tokens` exceed context limit/i,
  /exceeds the context window/i,
  /^this model's maximum context length is \d+ tokens/i,
  /^input tokens exceed the configured limit of \d+ tokens/i,
  /^input is too long for requested model\.?$/i,
];

/**
 * The one mapping from vendors' errors to ours, for answers that failed (with their HTTP `status`) and for errors inside
 * a stream (without one). Rejections by GitLab itself, such as 401, 402 and 403, are not vendor errors.
 * @param retryAfterMs how long to wait, if the response said so
 */
export function vendorFailure(error: VendorError, status = numericCode(error), retryAfterMs?: number): GitlabDuoError {
  const says = quote(error);
  const passing = { isRetryable: true, retryAfterMs };
  const is = (...names: string[]): boolean => names.some((name) => name === error.type || name === error.code);

  if (is('context_length_exceeded') || contextOverflows.some((wording) => wording.test(error.message ?? ''))) {
    return new ContextWindowExceededError(
      `The chat no longer fits the model's context window. ${says} Start a new chat, or use a model with a larger window.`,
    );
  }
  const complaint = complaintOf(error, status);
  if (complaint) return new PartRefusedError(refusal(complaint, says), complaint);
  if (is('insufficient_quota')) {
    return new UpstreamError(
      `The quota that GitLab has with the model's vendor is used up. ${says} Use another model, or tell GitLab's support.`,
    );
  }
  if (
    is('overloaded_error', 'server_overloaded', 'server_is_overloaded', 'service_unavailable_error', 'slow_down') ||
    status === 529
  ) {
    return new UpstreamOverloadedError(
      `The model's vendor has no capacity at the moment. ${says} Try again later, or use another model.`,
      passing,
    );
  }
  if (is('timeout_error') || status === 408) {
    return new UpstreamTimeoutError(`The model's vendor did not answer in time. ${says} Try again.`, passing);
  }
  if (is('request_too_large') || status === 413) {
    return new PayloadTooLargeError(
      `The request is larger than the model accepts. ${says} Send less, or smaller files.`,
    );
  }
  if (is('rate_limit_error', 'rate_limit_exceeded') || status === 429) {
    return new RateLimitError(`Too many requests to the model. ${says} Wait, then try again.`, passing);
  }
  if (is('api_error', 'server_error', 'internal_server_error') || (status !== undefined && status >= 500)) {
    return new UpstreamError(`The model's vendor failed. ${says} Try again.`, passing);
  }
  return new UpstreamError(refusal(undefined, says));
}

function refusal(complaint: Complaint | undefined, says: string): string {
  switch (complaint?.about) {
    case 'reasoning':
      return `The model's vendor refused what the model had thought earlier in the chat. ${says} Use another model, or start a new chat.`;
    case 'schema':
      return `The model's vendor refused the schema of the answer. ${says} Make it smaller or simpler.`;
    default:
      return `The model's vendor refused the request. ${says} Change the request, for example its parameters, tools or files.`;
  }
}

/** Some proxies put the HTTP status into `code`. */
function numericCode(error: VendorError): number | undefined {
  return typeof error.code === 'number' ? error.code : undefined;
}

function quote(error: VendorError): string {
  const label = [error.type, error.code]
    .filter((name) => name !== undefined && name !== null && name !== '')
    .join(', ');
  const words = redact([label, error.message?.trim()].filter(Boolean).join(': '));
  if (words === '') return 'It gave no reason.';
  return `It said: "${words.length > MAX_QUOTE_LENGTH ? `${words.slice(0, MAX_QUOTE_LENGTH)}…` : words}".`;
}
