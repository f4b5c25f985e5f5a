import { contextDecoy, imageTooLarge, openaiError, RATE_LIMIT, SERVER_ERROR } from '../openai/errors.js';
import { type VendorErrors } from '../gateway/vendor.interface.js';
import { dataEvent } from '../stream/sse.js';

const STREAM_ERROR = dataEvent({ error: { message: SERVER_ERROR, type: 'server_error', param: null, code: null } });

export const chatErrors: VendorErrors = {
  invalidRequest: (message) => openaiError(400, 'invalid_request_error', message),
  contextOverflow: (tokens, limit) =>
    openaiError(
      400,
      'invalid_request_error',
      `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
      'context_length_exceeded',
      'messages',
    ),
  contextOverflowByOutput: () =>
    openaiError(
      400,
      'invalid_request_error',
      "This model's maximum context length is 400000 tokens. However, you requested 430000 tokens (302000 in the messages, 128000 in the completion). Please reduce the length of the messages or completion.",
      'context_length_exceeded',
      'messages',
    ),
  maxTokensTooLarge: () =>
    openaiError(
      400,
      'invalid_request_error',
      'max_tokens is too large: 999999. This model supports at most 128000 completion tokens, whereas you provided 999999.',
      'invalid_value',
      'max_tokens',
    ),
  imageTooLarge,
  contextDecoy,
  rateLimit: () => openaiError(429, 'tokens', RATE_LIMIT, 'rate_limit_exceeded'),
  overloaded: () => openaiError(503, 'server_error', SERVER_ERROR),
  streamError: STREAM_ERROR,
  errorEvent: STREAM_ERROR,
};
