import { openaiError, RATE_LIMIT, SERVER_ERROR } from '../openai/errors.js';
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
  rateLimit: () => openaiError(429, 'tokens', RATE_LIMIT, 'rate_limit_exceeded'),
  overloaded: () => openaiError(503, 'server_error', SERVER_ERROR),
  ping: ': keep-alive\n\n',
  streamError: STREAM_ERROR,
  errorEvent: STREAM_ERROR,
  unknownEvent: dataEvent({ id: 'surprise', object: 'chat.completion.surprise', choices: [], surprise: 'unknown' }),
};
