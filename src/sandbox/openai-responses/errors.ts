import { openaiError, RATE_LIMIT, SERVER_ERROR } from '../openai/errors.js';
import { type VendorErrors } from '../gateway/vendor.interface.js';
import { namedEvent } from '../stream/sse.js';

/** Past any number that the stream before it has used. */
const LATE = 1_000_000;

const FAILED_RESPONSE = {
  id: 'resp_failed',
  object: 'response',
  status: 'failed',
  error: { code: 'server_error', message: SERVER_ERROR },
  incomplete_details: null,
  output: [],
  usage: null,
};

export const responsesErrors: VendorErrors = {
  invalidRequest: (message) => openaiError(400, 'invalid_request_error', message),
  contextOverflow: () =>
    openaiError(
      400,
      'invalid_request_error',
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      'context_length_exceeded',
      'input',
    ),
  rateLimit: () => openaiError(429, 'tokens', RATE_LIMIT, 'rate_limit_exceeded'),
  overloaded: () => openaiError(503, 'server_error', SERVER_ERROR),
  ping: ': keep-alive\n\n',
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
  unknownEvent: namedEvent('response.surprise', {
    type: 'response.surprise',
    surprise: 'unknown',
    sequence_number: LATE,
  }),
};
