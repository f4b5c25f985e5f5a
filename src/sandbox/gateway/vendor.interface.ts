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
  /** The query strings that the gateway lets through, besides none. */
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
  /** How the vendor refuses the reasoning that is replayed, once it no longer knows it; unset where there is none. */
  reasoningRefusal?: Reply;
  /** How the vendor refuses to enforce a schema of the request, in case it is too much for it; unset where it has to enforce none. */
  schemaRefusal?: Reply;
  renderJson(answer: Answer): JsonObject;
  /** The events of a streamed answer; `words` is the size of a text delta. */
  renderStream(answer: Answer, words: number): Iterable<Frame>;
}

/** The vendor's own errors, in its own words. */
export interface VendorErrors {
  invalidRequest(message: string): Reply;
  contextOverflow(tokens: number, limit: number): Reply;
  /** The other wording: the prompt fits, but not together with the tokens that the answer may have. */
  contextOverflowByOutput(): Reply;
  /** A limit on the answer's tokens that the model does not take, which is no overflow. */
  maxTokensTooLarge(): Reply;
  /** An image that is too large, which is no overflow. */
  imageTooLarge(): Reply;
  /** A refusal that quotes the words of an overflow, and is none. */
  contextDecoy(): Reply;
  rateLimit(): Reply;
  overloaded(): Reply;
  /** An error in a stream that had begun, as the vendor mostly sends it. */
  streamError: string;
  /** An error as a bare `error` event. */
  errorEvent: string;
}

/** What may come between the events of an answer, or make them unusual, without any harm. */
export interface VendorQuirks {
  /** A comment or an event that only keeps the connection alive. */
  ping: string;
  /** An event that no client knows. */
  unknownEvent: string;
  /** A delta of a kind that no client knows, for what this delta is a part of. */
  unknownDelta(delta: string): string;
  /** Lets the names of tools come after the beginning of their arguments, where the vendor's wire has room for it. */
  delayToolNames(frames: Iterable<Frame>): Iterable<Frame>;
}
