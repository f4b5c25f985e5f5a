import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';

/**
 * The messages whose reasoning a vendor has refused to take back: other accounts or models than those that made it may
 * answer behind the gateway. It stays where it is stored, and is no longer sent.
 */
export class RefusedReasoning {
  private readonly messages = new WeakSet<ModelMessage>();
  private isEmpty = true;

  /** Notes that the reasoning of a request was refused. */
  note({ messages }: ModelRequest): void {
    for (const message of messages) {
      if (!message.parts.some(({ type }) => type === 'reasoning')) continue;
      this.messages.add(message);
      this.isEmpty = false;
    }
  }

  /** The request as far as nothing of it was refused. */
  without(request: ModelRequest): ModelRequest {
    if (this.isEmpty || !request.messages.some((message) => this.messages.has(message))) return request;
    return { ...request, messages: request.messages.map((message) => this.rest(message)) };
  }

  /** Never the message itself: the history as it is may be kept rendered, and this is another one. */
  private rest(message: ModelMessage): ModelMessage {
    const { role, parts, prefixDigest } = message;
    const isRefused = this.messages.has(message);
    return { role, parts: isRefused ? parts.filter(({ type }) => type !== 'reasoning') : parts, prefixDigest };
  }
}
