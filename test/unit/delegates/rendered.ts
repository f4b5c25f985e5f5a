import { type Delegate } from '../../../src/delegates/delegate.interface.js';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type ModelRequest } from '../../../src/messages/model-request.interface.js';
import { type Model } from '../../../src/models/model.interface.js';

/** The body of a request, parsed. */
export function rendered(delegate: Delegate, model: Model, request: Omit<ModelRequest, 'model'>): JsonObject {
  return JSON.parse(delegate.render(model, { model: model.id, ...request }).body.toString()) as JsonObject;
}
