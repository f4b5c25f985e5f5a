import { Injectable } from '@nestjs/common';
import { type Delegate } from '../delegates/delegate.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { type Model } from '../models/model.interface.js';
import { DelegateRegistry } from '../router/delegates.service.js';
import { ScriptParser } from './script-parser.js';

/** Delegates that write the request as it is and read the script's wire. */
@Injectable()
export class ScriptedDelegates extends DelegateRegistry {
  override get(model: Model): Delegate {
    const vendor = super.get(model);
    return {
      ...vendor,
      render(model, request) {
        // For its refusals: what no vendor would answer, the script does not answer either.
        vendor.render(model, request);
        const body = Buffer.from(JSON.stringify(asSent(request)));
        return { body, isSchemaEnforced: false, pieces: () => [] };
      },
      createParser: () => new ScriptParser(model.api),
    };
  }
}

/** Without what messages carry besides, such as their ids in the chat. */
function asSent(request: ModelRequest): ModelRequest {
  return { ...request, messages: request.messages.map(({ role, parts }) => ({ role, parts })) };
}
