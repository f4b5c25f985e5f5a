import { type JsonObject } from '../messages/json.interface.js';
import { type Api } from '../messages/part.interface.js';
import { type PrefixChain } from './prefix-chain.js';
import { type TranscriptMessage } from './transcript.js';

/** Where in its history a row of messages stands. */
export interface Place {
  isFirst: boolean;
  isLast: boolean;
}

/** How an API writes a history. */
export interface HistoryFormat {
  readonly api: Api;
  /**
   * The items of the request that messages become. Where a turn starts, the rows before it and from it on can be rendered
   * each by itself.
   * @param chain follows the messages where the model binds its reasoning to what came before
   */
  renderItems(messages: readonly TranscriptMessage[], place: Place, chain?: PrefixChain): JsonObject[];
}

/** A history as a request has it. */
export interface RenderedHistory {
  /** The last system message: it replaces those before it. */
  instructions: string | undefined;
  /** The items of the request, with commas between them: JSON, in pieces. */
  items: readonly Buffer[];
  /** What reasoning in the answer is made under, where the model binds it to that. */
  prefixDigest?: string;
  /** The items once more, each piece with what it is made of: see `sourceOf`. */
  pieces: () => JsonObject[];
}
