import { AnswerBounds } from '../answer-bounds.js';
import { type Delegate } from '../delegate.interface.js';
import { answerTool } from './answer-tool.js';
import { AnthropicStreamParser } from './parse-stream.js';
import { renderRequest } from './render-request.js';

/** Claude, through Anthropic's Messages API. */
export const anthropicDelegate: Delegate = {
  api: 'anthropic-messages',
  path: '/anthropic/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  render: renderRequest,
  createParser: (redact, request, maxBytes) =>
    new AnthropicStreamParser(redact, request && answerTool(request)?.name, new AnswerBounds(maxBytes)),
};
