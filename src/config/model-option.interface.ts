import { type Effort } from '../messages/effort.js';
import { type Api } from '../messages/part.interface.js';

/** What a model reads. */
export type ModelInput = 'text' | 'image' | 'pdf';

/**
 * What is known about a model: its limits in tokens (`null` where GitLab does not tell) and the rules of its vendor.
 * @publicApi
 */
export interface ModelTraits {
  /** The vendor's own id, which the gateway expects in the request. */
  upstreamId: string;
  api: Api;
  /** Input and output together. */
  contextWindow: number | null;
  maxInputTokens: number | null;
  maxOutputTokens: number | null;
  inputs: readonly ModelInput[];
  /**
   * How the model takes `thinking`: `always` and `adaptive` by effort, thinking always or when asked to; `budget` in
   * tokens; `effort` as OpenAI's reasoning effort.
   */
  thinking: 'always' | 'adaptive' | 'budget' | 'effort';
  /** Whether it thinks in a request that says nothing about thinking. */
  thinksByDefault: boolean;
  /** Whether `{ effort: 'none' }` turns thinking off; if not, it means the least that the model can do. */
  canDisable: boolean;
  /** Whether it can think only between tool calls, which is then its lowest setting. */
  betweenTools: boolean;
  /** The efforts that the vendor takes, in ascending order; empty where it takes none. Others become the nearest of them. */
  efforts: readonly Effort[];
  /** The vendor's own effort where none is asked for; `null` where it takes none. */
  defaultEffort: Effort | null;
  /** Whether Chat Completions takes an effort beside tools; if not, it is left out there. */
  effortWithTools: boolean;
  /** Whether its thinking is bound to instructions, tools and messages before it: a change makes the vendor refuse it. */
  boundThinking: boolean;
  /** Whether a request may force it to call a tool; if not, it is asked to. */
  forcedTools: boolean;
  /** Whether it takes `temperature` and `topP`. */
  sampling: boolean;
  /** The day (UTC) from which the vendor may refuse it, as `YYYY-MM-DD`; `null` where none is announced. */
  endOfLife: string | null;
  /** The Duo id of the model to use instead after its end of life. */
  successor: string | null;
}

/**
 * A model that the application adds, or changes of one that the catalogue has, by its `id`. A new model needs
 * `upstreamId` and `api`; unset traits of it are careful ones. An alpha model can be used once it is named.
 * @example
 * { id: 'duo-chat-opus-6', upstreamId: 'claude-opus-6', api: 'anthropic-messages', maxOutputTokens: 128_000 }
 * @publicApi
 */
export interface ModelOption extends Partial<ModelTraits> {
  /** A Duo id such as `duo-chat-opus-4-6`. */
  id: string;
  /** `active` by default; `deprecated` and `retired` follow from `endOfLife`. */
  status?: 'active' | 'alpha';
}
