import { Injectable } from '@nestjs/common';
import { UnknownModelError } from '../errors/request.errors.js';
import { catalogue } from './catalogue.js';
import { type Model } from './model.interface.js';
import { nearNames } from './near-names.js';

/**
 * The models that can be asked, by their Duo ids.
 * @publicApi
 */
@Injectable()
export class ModelRegistry {
  private readonly models = new Map(catalogue.map((model) => [model.id, model]));

  /**
   * The model with this Duo id, such as `duo-chat-opus-4-6`.
   * @throws UnknownModelError that names the ids that come near
   */
  get(id: string): Model {
    const model = this.models.get(id);
    if (model !== undefined) return model;
    const near = nearNames(id, catalogue).map((name) => `"${name}"`);
    const advice =
      near.length > 0
        ? `Did you mean ${near.join(' or ')}?`
        : 'See ModelRegistry.list() or GET /models for the ids there are.';
    throw new UnknownModelError(`Unknown model ${JSON.stringify(id)}. ${advice}`);
  }

  /** All models, Claude before GPT. */
  list(): readonly Model[] {
    return catalogue;
  }
}
