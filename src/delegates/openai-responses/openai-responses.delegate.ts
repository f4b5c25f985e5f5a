import { AnswerBounds } from '../answer-bounds.js';
import { type Delegate } from '../delegate.interface.js';
import { ResponsesStreamParser } from './parse-stream.js';
import { renderRequest } from './render-request.js';

/** GPT, through OpenAI's Responses API, used without state on the vendor's side. */
export const openaiResponsesDelegate: Delegate = {
  api: 'openai-responses',
  path: '/openai/v1/responses',
  headers: {},
  render: renderRequest,
  createParser: (redact, _request, maxBytes) => new ResponsesStreamParser(redact, new AnswerBounds(maxBytes)),
};
