import { type Api } from '../messages/part.interface.js';

/** A model of the catalogue. Limits are in tokens; `null` where GitLab does not tell. */
export interface Model {
  id: string;
  /** The vendor's own id, which the gateway expects in the request. */
  upstreamId: string;
  vendor: 'anthropic' | 'openai';
  api: Api;
  contextWindow: number | null;
  maxOutputTokens: number | null;
  /** How the model takes `thinking`; see `ModelParams`. */
  thinking: 'budget' | 'adaptive' | 'effort';
  /** False for models that refuse `temperature` and `top_p`. */
  sampling: boolean;
}
