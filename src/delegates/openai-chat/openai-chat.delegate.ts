import { AnswerBounds } from '../answer-bounds.js';
import { type Delegate } from '../delegate.interface.js';
import { ChatStreamParser } from './parse-stream.js';
import { renderRequest } from './render-request.js';

/** GPT, through OpenAI's Chat Completions API. */
export const openaiChatDelegate: Delegate = {
  api: 'openai-chat',
  path: '/openai/v1/chat/completions',
  headers: {},
  render: renderRequest,
  createParser: (redact, _request, maxBytes) => new ChatStreamParser(redact, new AnswerBounds(maxBytes)),
};
