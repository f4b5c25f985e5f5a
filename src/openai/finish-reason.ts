import { UpstreamError } from '../errors/upstream.errors.js';
import { type FinishReason } from '../messages/message.interface.js';
import { type ModelAnswer } from '../messages/model-request.interface.js';

/** Why an answer ended, as OpenAI's API says it. */
export type OpenAiFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

const reasons: Record<Exclude<FinishReason, 'pause'>, OpenAiFinishReason> = {
  stop: 'stop',
  other: 'stop',
  length: 'length',
  'context-window': 'length',
  'tool-calls': 'tool_calls',
  refusal: 'content_filter',
  'content-filter': 'content_filter',
};

/** @throws UpstreamError for an answer that only another request could continue */
export function finishReasonOf({ finishReason }: ModelAnswer, hasCalls: boolean): OpenAiFinishReason {
  if (finishReason === 'pause') throw new UpstreamError('The model paused in the middle of its answer. Ask again.');
  const reason = reasons[finishReason];
  return reason === 'stop' && hasCalls ? 'tool_calls' : reason;
}
