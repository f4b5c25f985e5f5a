import { type ModelOption } from '../config/model-option.interface.js';
import { UnknownModelError } from '../errors/request.errors.js';
import { type Api } from '../messages/part.interface.js';
import { type CatalogueModel } from './catalogue.js';
import { configuredModels, isAlphaModel } from './configured-models.js';
import { statusOn, utcDay } from './life-cycle.js';
import { type Model } from './model.interface.js';
import { nearNames } from './near-names.js';

const VENDORS: Record<Api, Model['vendor']> = {
  'anthropic-messages': 'anthropic',
  'openai-chat': 'openai',
  'openai-responses': 'openai',
};

/**
 * The models that can be asked, by their Duo ids: the catalogue with what the application adds to it or changes.
 * @publicApi
 */
export class ModelRegistry {
  private readonly models: readonly Model[];
  private readonly byId: ReadonlyMap<string, Model>;

  /**
   * @param options the models that the application adds or changes
   * @param today the day that decides on a model's status, as `YYYY-MM-DD`
   * @throws ConfigurationError for an option that cannot work
   */
  constructor(options: readonly ModelOption[] = [], today: () => string = utcDay) {
    this.models = configuredModels(options).map((model) => modelOf(model, today));
    this.byId = new Map(this.models.map((model) => [model.id, model]));
  }

  /**
   * The model with this Duo id, such as `duo-chat-opus-4-6`.
   * @throws UnknownModelError that names the ids that come near
   */
  get(id: string): Model {
    const model = this.byId.get(id);
    if (model !== undefined) return model;
    throw new UnknownModelError(`Unknown model ${JSON.stringify(id)}. ${this.adviceOn(id)}`);
  }

  /** All models, Claude before GPT, and those that the application adds at the end. */
  list(): readonly Model[] {
    return this.models;
  }

  private adviceOn(id: string): string {
    if (isAlphaModel(id)) {
      return `It is an alpha model: enable it by forRoot({ models: [{ id: ${JSON.stringify(id)}, status: 'active' }] }).`;
    }
    const near = nearNames(id, this.models).map((name) => `"${name}"`);
    if (near.length > 0) return `Did you mean ${near.join(' or ')}?`;
    return 'See ModelRegistry.list() or GET /models for the ids there are.';
  }
}

function modelOf({ isAlpha, ...traits }: CatalogueModel, today: () => string): Model {
  return Object.freeze({
    ...traits,
    vendor: VENDORS[traits.api],
    get status() {
      return statusOn(today(), { endOfLife: traits.endOfLife, isAlpha });
    },
  });
}
