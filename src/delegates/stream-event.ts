import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { type Redact, redact as redactPatterns } from '../errors/redact.js';
import { UpstreamError } from '../errors/upstream.errors.js';
import { isTooDeep } from '../messages/json-text.js';
import { readBytesLiteral } from '../gateway/python-bytes.js';
import { readErrorBody } from '../gateway/error-body.js';
import { vendorFailure } from '../gateway/vendor-failure.js';

/**
 * The JSON of one server-sent event. Its wire type has only optional, unknown leaves, each narrowed where it is read. An
 * event without data, by which some keep a connection alive, says nothing.
 * @throws UpstreamError if it is not a JSON object, or nested too deep
 */
export function parseEvent(data: string): object {
  if (isTooDeep(data)) {
    throw new UpstreamError('The stream holds an event that is nested deeper than 1,000 levels.');
  }
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    if (data.trim() === '') return {};
    throw notAnEvent();
  }
  if (typeof event !== 'object' || event === null) throw notAnEvent();
  return event;
}

/** The failure that an error inside a stream stands for. */
export function streamFailure(error: unknown, redact: Redact = redactPatterns): GitlabDuoError {
  if (typeof error !== 'object' || error === null)
    return wrappedFailure(error, redact) ?? vendorFailure(typeof error === 'string' ? { message: redact(error) } : {});
  const { type, code, message, param } = error as Record<string, unknown>;
  const wrapped = wrappedFailure(message, redact);
  if (wrapped) return wrapped;
  return vendorFailure({
    ...(typeof type === 'string' && { type: redact(type) }),
    ...(typeof code === 'string' && { code: redact(code) }),
    ...(typeof code === 'number' && { code }),
    ...(typeof message === 'string' && { message: redact(message) }),
    ...(typeof param === 'string' && { param: redact(param) }),
  });
}

/**
 * Checks an event that is not in the vendor's format: once a stream has begun, an error body arrives inside it.
 * @throws the failure that such a body stands for
 */
export function throwIfErrorEvent(event: object, redact: Redact): void {
  const { error, message, detail } = event as Record<string, unknown>;
  const failure = error
    ? streamFailure(error, redact)
    : (wrappedFailure(message, redact) ?? wrappedFailure(detail, redact));
  if (failure) throw failure;
}

/** The failure in a vendor's body that the gateway has wrapped, as it does where the request was to stream. */
function wrappedFailure(text: unknown, redact: Redact): GitlabDuoError | undefined {
  const body = typeof text === 'string' ? readBytesLiteral(text) : undefined;
  if (body === undefined) return undefined;
  const { vendor, detail } = readErrorBody(body, redact);
  return vendorFailure(vendor ?? { message: detail });
}

/** The vendor's end event without a reason to end: what came before it was cut. */
export function missingFinish(): UpstreamError {
  return new UpstreamError('The answer was cut: the stream ended without a reason to stop. Try again.', {
    isRetryable: true,
  });
}

/**
 * A piece of text; an absent one is empty.
 * @throws UpstreamError for anything else, since an answer without it would be wrong
 */
export function textDelta(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw brokenStream('a piece of it is not text');
}

/** Events that contradict each other: their sum would not be the model's answer. */
export function brokenStream(what: string): UpstreamError {
  return new UpstreamError(`The answer came through broken: ${what}. Try again.`, { isRetryable: true });
}

/** Without the parser's own error for a cause: that quotes the event. */
function notAnEvent(): UpstreamError {
  return new UpstreamError('The stream holds an event that is not a JSON object. Try again.', { isRetryable: true });
}
