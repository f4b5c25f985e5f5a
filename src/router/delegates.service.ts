import { Injectable } from '@nestjs/common';
import { anthropicDelegate } from '../delegates/anthropic/anthropic.delegate.js';
import { type Delegate } from '../delegates/delegate.interface.js';
import { openaiChatDelegate } from '../delegates/openai-chat/openai-chat.delegate.js';
import { openaiResponsesDelegate } from '../delegates/openai-responses/openai-responses.delegate.js';
import { type Api } from '../messages/part.interface.js';
import { type Model } from '../models/model.interface.js';

const delegates: Record<Api, Delegate> = {
  'anthropic-messages': anthropicDelegate,
  'openai-chat': openaiChatDelegate,
  'openai-responses': openaiResponsesDelegate,
};

/** Where the router finds the delegates. */
@Injectable()
export class DelegateRegistry {
  /** The delegate that speaks the model's API. */
  get(model: Model): Delegate {
    return delegates[model.api];
  }
}
