import { type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { ConfigurationError, UnknownModelError } from '../errors/request.errors.js';
import { ModelRegistry } from './model-registry.js';

/**
 * The models of an application.
 * @throws ConfigurationError when an option of them cannot work, or the default model is unknown
 */
export function registryFor({ model, models }: Pick<ResolvedOptions, 'model' | 'models'>): ModelRegistry {
  const registry = new ModelRegistry(models);
  try {
    registry.get(model);
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error;
    throw new ConfigurationError(
      `The default model cannot work: ${error.message} It is the model of GitlabDuoModule.forRoot(), or GITLAB_DUO_MODEL.`,
    );
  }
  return registry;
}
