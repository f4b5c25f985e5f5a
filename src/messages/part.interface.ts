import { type JsonObject, type JsonValue } from './json.interface.js';

/** The vendor APIs that GitLab's gateway proxies; each has its own delegate. */
export type Api = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

/** The vendors behind these. */
export type Vendor = 'anthropic' | 'openai';

/** A part that may be refused when it is replayed. */
export interface Rejectable {
  /** Why a vendor refused it, in the vendor's words: requests to that vendor have a note in its place. */
  rejected?: Partial<Record<Vendor, string>>;
}

/**
 * Plain text. `phase` is what some models of the Responses API say it is, such as `commentary` or `final_answer`; it is
 * given back to that API with the text.
 */
export interface TextPart extends Rejectable {
  type: 'text';
  text: string;
  phase?: string;
}

/**
 * What a model thought before it answered. `raw` is the vendor's own block, signature or encrypted content included,
 * and is replayed unmodified to the API that made it and dropped for any other; a part without it is never replayed.
 */
export interface ReasoningPart extends Rejectable {
  type: 'reasoning';
  text: string;
  api: Api;
  raw?: JsonObject;
}

/** An image or a document: either `data` (base64) or `url` is set. */
export interface FilePart extends Rejectable {
  type: 'file';
  mediaType: string;
  data?: string;
  url?: string;
  filename?: string;
}

/**
 * A whole, parsed call of a tool; `id` is the vendor's and not globally unique. Where the model has written something else
 * than a JSON object, or one that cannot be taken as it is, `malformed` is how that begins, `arguments` is empty, and the
 * call is answered with an error.
 */
export interface ToolCallPart {
  type: 'tool-call';
  id: string;
  name: string;
  arguments: JsonObject;
  malformed?: string;
  /** Why a JSON object cannot be taken as it is: it is nested too deep, or a number would lose digits. */
  problem?: string;
}

/** What a tool answered to the call `id`. */
export interface ToolResultPart extends Rejectable {
  type: 'tool-result';
  id: string;
  name: string;
  content: JsonValue;
  files?: FilePart[];
  isError: boolean;
}

/**
 * A prompt from the application to the model while it made this message, such as the correction of an answer that does not
 * match its schema. It is replayed at its place, as the user's, so that the reasoning after it stays valid.
 */
export interface PromptPart extends Rejectable {
  type: 'prompt';
  text: string;
}

/**
 * A block of a kind that only its vendor knows, such as a call of a tool that the vendor runs itself. It is replayed
 * unmodified to the API that made it, and dropped for any other.
 */
export interface VendorPart extends Rejectable {
  type: 'vendor';
  api: Api;
  raw: JsonObject;
}

/** A piece of a message, in the order in which it was said. */
export type Part =
  TextPart | ReasoningPart | FilePart | (ToolCallPart & Rejectable) | ToolResultPart | PromptPart | VendorPart;
