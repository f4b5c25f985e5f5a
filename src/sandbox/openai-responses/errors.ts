import { contextDecoy, imageTooLarge, openaiError, RATE_LIMIT, SERVER_ERROR } from '../openai/errors.js';
import { type VendorErrors } from '../gateway/vendor.interface.js';
import { type Reply } from '../server/reply.js';
import { namedEvent } from '../stream/sse.js';

/** A sequence number after all those that the stream has used. */
export const LATE = 1_000_000;

const FAILED_RESPONSE = {
  id: 'resp_failed',
  object: 'response',
  status: 'failed',
  error: { code: 'server_error', message: SERVER_ERROR },
  incomplete_details: null,
  output: [],
  usage: null,
};

function overflow(): Reply {
  return openaiError(
    400,
    'invalid_request_error',
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'context_length_exceeded',
    'input',
  );
}

export const responsesErrors: VendorErrors = {
  invalidRequest: (message) => openaiError(400, 'invalid_request_error', message),
  contextOverflow: overflow,
  contextOverflowByOutput: overflow,
  maxTokensTooLarge: () =>
    openaiError(
      400,
      'invalid_request_error',
      "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 128000, but got 999999 instead.",
      'integer_above_max_value',
      'max_output_tokens',
    ),
  imageTooLarge,
  contextDecoy,
  rateLimit: () => openaiError(429, 'tokens', RATE_LIMIT, 'rate_limit_exceeded'),
  overloaded: () => openaiError(503, 'server_error', SERVER_ERROR),
  streamError: namedEvent('response.failed', {
    type: 'response.failed',
    response: FAILED_RESPONSE,
    sequence_number: LATE,
  }),
  errorEvent: namedEvent('error', {
    type: 'error',
    code: 'server_error',
    message: SERVER_ERROR,
    param: null,
    sequence_number: LATE,
  }),
};
