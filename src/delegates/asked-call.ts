import { type ModelRequest } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';
import { isForced, offeredUse } from './tool-choice.js';

/**
 * The words that ask a model for a call, where the request has to force one and its vendor refuses that; undefined
 * anywhere else.
 * @throws ValidationError like `offeredUse`
 */
export function askedCall(model: Model, request: ModelRequest): string | undefined {
  const use = offeredUse(request);
  if (model.forcedTools || !isForced(use)) return undefined;
  const { tools = [] } = request;
  const names = typeof use?.choice === 'object' ? [use.choice.tool] : tools.map(({ name }) => name);
  const quoted = names.map((name) => `"${name}"`).join(', ');
  return names.length === 1
    ? `Call the tool ${quoted} now, before you say anything else.`
    : `Call at least one of these tools now, before you say anything else: ${quoted}.`;
}

/**
 * The request that asks for a call as the last thing said. Its tools and instructions stay as they are, since thinking may
 * be bound to them.
 */
export function withAskedCall(request: ModelRequest, asked: string | undefined): ModelRequest {
  if (asked === undefined) return request;
  return {
    ...request,
    messages: [...request.messages, { role: 'user', parts: [{ type: 'text', text: asked }] }],
    params: { ...request.params, toolChoice: 'auto' },
  };
}
