import { type JsonObject } from '../messages/json.interface.js';
import { type FinishReason, type Usage } from '../messages/message.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';

/**
 * A tool that the scripted model calls.
 * @publicApi
 */
export interface ScriptedToolCall {
  name: string;
  /** None when unset. */
  arguments?: JsonObject;
  /** The vendor's id; unset, it is `call_<number of the request>_<number of the call>`. */
  id?: string;
}

/**
 * What the scripted model says to one request: the reasoning, then the text, word by word, then the tool calls.
 * @publicApi
 */
export interface ScriptedAnswer {
  reasoning?: string;
  text?: string;
  toolCalls?: readonly ScriptedToolCall[];
  /** `tool-calls` when there are calls, else `stop`. */
  finishReason?: FinishReason;
  /** What the request costs. Unset counts are 0; without any, the ledger does not know the cost. */
  usage?: Partial<Usage>;
  /** Breaks the answer off behind its text, like a stream that is cut. A retryable one makes the router try again. */
  error?: Error;
}

/** What a request comes to; a text is a whole answer, and an error breaks off before the first word. */
export type ScriptedOutcome = string | ScriptedAnswer | Error;

/**
 * How the scripted model replies to one request: by a text, an answer or an error, or by a function of the request that
 * returns one of these; what that throws fails the request.
 * @example
 * ['Hello', { toolCalls: [{ name: 'weather', arguments: { city: 'Berlin' } }] }, ({ model }) => `I am ${model}`]
 * @publicApi
 */
export type ScriptedReply = ScriptedOutcome | ((request: ModelRequest) => ScriptedOutcome | Promise<ScriptedOutcome>);
