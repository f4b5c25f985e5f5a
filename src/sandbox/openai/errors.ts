import { Refusal, type Reply } from '../server/reply.js';

/** An error in the shape that both OpenAI APIs use. */
export function openaiError(
  status: number,
  type: string,
  message: string,
  code: string | null = null,
  param: string | null = null,
): Reply {
  return { status, body: { error: { message, type, param, code } } };
}

/** Refuses a request as OpenAI does. */
export function refuse(message: string, param: string | null = null, code: string | null = null): never {
  throw new Refusal(openaiError(400, 'invalid_request_error', message, code, param));
}

export const SERVER_ERROR = 'The server had an error while processing your request. Sorry about that!';

export const RATE_LIMIT =
  'Rate limit reached for organization on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.';

/** An image that is too large. */
export function imageTooLarge(): Reply {
  return openaiError(
    400,
    'invalid_request_error',
    'Invalid image: the image exceeds the maximum size of 20 MB.',
    'image_too_large',
  );
}

/** A refusal that contains the text of a context overflow but is another error. */
export function contextDecoy(): Reply {
  const name = 'maximum context length exceeded';
  return openaiError(400, 'invalid_request_error', `Unknown parameter: '${name}'.`, 'unknown_parameter', name);
}
