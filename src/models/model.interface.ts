import { type ModelTraits } from '../config/model-option.interface.js';

/**
 * `deprecated` until the day of its announced end of life, `retired` from that day on; `alpha` before GitLab offers it
 * to everyone.
 */
export type ModelStatus = 'active' | 'deprecated' | 'retired' | 'alpha';

/**
 * A model that can be asked.
 * @publicApi
 */
export interface Model extends Readonly<ModelTraits> {
  readonly id: string;
  readonly vendor: 'anthropic' | 'openai';
  /** As of now. */
  readonly status: ModelStatus;
}
