import { type Answer } from '../conversation/answer.js';
import { type Prompt } from '../conversation/prompt.js';
import { type JsonObject } from '../json.js';
import { type Reply } from '../server/reply.js';
import { type Frame } from '../stream/frame.js';
import { type SandboxApi } from './sandbox-api.js';
import { type UpstreamModel } from './upstream-model.js';

/** A vendor's API behind the gateway: its rules, its answers and its errors on the wire. */
export interface Vendor {
  api: SandboxApi;
  /** Below the gateway's prefix, without a slash at its start. */
  path: string;
  /** The query strings that the gateway allows, in addition to the empty one. */
  queries: readonly string[];
  /** Names of headers without which the vendor refuses a request. */
  requiredHeaders: readonly string[];
  /** Reads a request by the vendor's rules. Throws a `Refusal` when it breaks one. */
  read(body: JsonObject, model: UpstreamModel): VendorRequest;
  errors: VendorErrors;
  quirks: VendorQuirks;
}

/** A request that kept all the rules. */
export interface VendorRequest {
  prompt: Prompt;
  isStream: boolean;
  /** The vendor's refusal of replayed reasoning that it no longer knows; unset if the request replays none. */
  reasoningRefusal?: Reply;
  /** The vendor's refusal to enforce a schema that is too complex; unset if the request has none to enforce. */
  schemaRefusal?: Reply;
  renderJson(answer: Answer): JsonObject;
  /** The events of a streamed answer; `words` is the size of a text delta. */
  renderStream(answer: Answer, words: number): Iterable<Frame>;
}

/** The vendor's own errors, in its own words. */
export interface VendorErrors {
  invalidRequest(message: string): Reply;
  contextOverflow(tokens: number, limit: number): Reply;
  /** The other wording: the prompt fits, but not together with the output tokens that the request allows. */
  contextOverflowByOutput(): Reply;
  /** A refusal of too large a limit on output tokens, which is not a context overflow. */
  maxTokensTooLarge(): Reply;
  /** A refusal of an image that is too large, which is not a context overflow. */
  imageTooLarge(): Reply;
  /** A refusal that contains the text of a context overflow but is another error. */
  contextDecoy(): Reply;
  rateLimit(): Reply;
  overloaded(): Reply;
  /** An error in a stream that has begun, in the vendor's usual form. */
  streamError: string;
  /** An error as a bare `error` event. */
  errorEvent: string;
}

/** Harmless irregularities of a stream, which clients must tolerate. */
export interface VendorQuirks {
  /** A comment or an event that only keeps the connection alive. */
  ping: string;
  /** An event of a type that no client knows. */
  unknownEvent: string;
  /** A delta of a type that no client knows, for the same block or item as this delta. */
  unknownDelta(delta: string): string;
  /** Sends the names of tools after the beginning of their arguments, if the vendor's wire allows it. */
  delayToolNames(frames: Iterable<Frame>): Iterable<Frame>;
}
