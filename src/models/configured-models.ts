import { type ModelOption, type ModelTraits } from '../config/model-option.interface.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { type Api } from '../messages/part.interface.js';
import { catalogue, type CatalogueModel } from './catalogue.js';
import { checkOptions } from './option-checks.js';
import { contradiction } from './contradictions.js';
import { nearNames } from './near-names.js';

/** What is assumed of a model that the catalogue does not have: whatever no vendor refuses. */
const careful: Omit<ModelTraits, 'upstreamId' | 'api'> = {
  contextWindow: null,
  maxInputTokens: null,
  maxOutputTokens: null,
  inputs: ['text', 'image'],
  thinking: 'adaptive',
  thinksByDefault: true,
  canDisable: false,
  betweenTools: false,
  efforts: ['low', 'medium', 'high'],
  defaultEffort: null,
  effortWithTools: false,
  boundThinking: true,
  forcedTools: false,
  sampling: false,
  endOfLife: null,
  successor: null,
};
const carefulOf: Record<Api, typeof careful> = {
  'anthropic-messages': { ...careful, inputs: ['text', 'image', 'pdf'] },
  'openai-chat': { ...careful, thinking: 'effort', boundThinking: false, forcedTools: true },
  'openai-responses': {
    ...careful,
    thinking: 'effort',
    boundThinking: false,
    forcedTools: true,
    effortWithTools: true,
  },
};

/**
 * The catalogue with the models that the application adds or changes, in the order of the catalogue and then of the
 * options; alpha models are those that the options name.
 * @throws ConfigurationError for an option that cannot be what it is, or contradicts itself
 */
export function configuredModels(options: readonly ModelOption[]): CatalogueModel[] {
  checkOptions(options);
  const changes = new Map(options.map((option) => [option.id, option]));
  const known = catalogue.filter(({ id, isAlpha }) => !isAlpha || changes.has(id));
  const isKnown = new Set(known.map(({ id }) => id));
  const added = options.filter(({ id }) => !isKnown.has(id));
  const models = [
    ...known.map((model) => {
      const option = changes.get(model.id);
      return option === undefined ? model : changed(model, option);
    }),
    ...added.map((option) => changed(newModel(option), option)),
  ];
  checkSuccessors(options, models);
  return models;
}

/** A warning about the end of a model names its successor, which must be a model that can be asked. */
function checkSuccessors(options: readonly ModelOption[], models: readonly CatalogueModel[]): void {
  for (const [index, { id, successor }] of options.entries()) {
    if (successor == null) continue;
    const place = `models[${index}].successor`;
    if (successor === id)
      throw new ConfigurationError(`${place} must be another model than ${JSON.stringify(id)} itself.`);
    if (models.some((model) => model.id === successor)) continue;
    const near = nearNames(successor, models).map((name) => JSON.stringify(name));
    const advice = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
    throw new ConfigurationError(
      `${place} must be the id of a model that can be asked, or null; it is ${JSON.stringify(successor)}.${advice}`,
    );
  }
}

/** Whether the catalogue has an alpha model of this id. */
export function isAlphaModel(id: string): boolean {
  return catalogue.some((model) => model.id === id && model.isAlpha);
}

function newModel({ id, upstreamId, api }: ModelOption): CatalogueModel {
  if (upstreamId === undefined || api === undefined) {
    throw new ConfigurationError(
      `The model ${JSON.stringify(id)} of models is not in the catalogue, so it needs an upstreamId and an api. For a change of a known model, check its id.`,
    );
  }
  return { id, isAlpha: false, ...carefulOf[api], upstreamId, api };
}

function changed(model: CatalogueModel, { status, ...option }: ModelOption): CatalogueModel {
  const given: Partial<ModelTraits> = Object.fromEntries(
    Object.entries<unknown>(option).filter(([, value]) => value !== undefined),
  );
  const merged: CatalogueModel = { ...model, ...given, ...(status && { isAlpha: status === 'alpha' }) };
  const problem = contradiction(merged);
  if (problem === undefined) return Object.freeze(merged);
  throw new ConfigurationError(`The model ${JSON.stringify(model.id)} of models contradicts itself: ${problem}.`);
}
