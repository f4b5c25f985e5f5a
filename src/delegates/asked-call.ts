import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';
import { isForced, offeredUse } from './tool-choice.js';

/**
 * The words that ask a model for a call, where the request has to force one and its vendor refuses that; undefined
 * anywhere else.
 * @throws ValidationError like `offeredUse`
 */
export function askedCall(model: Model, request: ModelRequest): ModelMessage | undefined {
  const use = offeredUse(request);
  if (model.forcedTools || !isForced(use)) return undefined;
  const { tools = [] } = request;
  const [only, ...others] = typeof use?.choice === 'object' ? [use.choice.tool] : tools.map(({ name }) => name);
  const names = [only, ...others].map((name) => `"${name}"`).join(', ');
  const text =
    others.length === 0
      ? `Call the tool ${names} now, before you say anything else.`
      : `Call at least one of these tools now, before you say anything else: ${names}.`;
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/**
 * The request as the model's vendor takes it: what it may not be forced to is asked for as the last thing said. The tools
 * and instructions stay as they are, since thinking may be bound to them.
 */
export function withAskedCall(model: Model, request: ModelRequest): ModelRequest {
  const asked = askedCall(model, request);
  if (asked === undefined) return request;
  return {
    ...request,
    messages: [...request.messages, asked],
    params: { ...request.params, toolChoice: 'auto' },
  };
}
