import { type Redact } from '../errors/redact.js';
import { type ModelAnswer, type ModelEvent, type ModelRequest } from '../messages/model-request.interface.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type Api } from '../messages/part.interface.js';
import { type Model } from '../models/model.interface.js';

/** A request, and what the router has learned about it. */
export interface SentRequest extends ModelRequest {
  /** Whether the vendor has refused to enforce the schema of the answer: it then goes out in the weaker form that exists. */
  isSchemaRefused?: boolean;
}

/** A request as it is sent. */
export interface RenderedRequest {
  /** In JSON, always streamed. */
  body: Buffer;
  /** What reasoning in the answer is made under, where the model binds it to that. */
  prefixDigest?: string;
  /** Whether the vendor is asked to enforce the schema of the answer. */
  isSchemaEnforced: boolean;
  /** The items of its longest list, each piece with what it is made of: see `sourceOf`. */
  pieces: () => JsonObject[];
}

/** Speaks one vendor API: pure functions between neutral messages and the vendor's wire. */
export interface Delegate {
  readonly api: Api;
  /** Path below the gateway's proxy prefix, exact: GitLab answers 404 to a double slash. */
  readonly path: string;
  /** Headers of this vendor, in addition to the gateway's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** @throws ValidationError for a history that no model can answer */
  render(model: Model, request: SentRequest): RenderedRequest;
  /**
   * A parser for one response, whose errors quote the vendor as `redact` leaves it.
   * @param request what is answered; without it nothing but its usual form is looked for
   * @param maxAnswerBytes the bound of text, of reasoning and of arguments
   */
  createParser(redact?: Redact, request?: SentRequest, maxAnswerBytes?: number): StreamParser;
}

/** Turns one vendor stream into events, one server-sent event at a time, and assembles the answer on the way. */
export interface StreamParser {
  /** True once the vendor's end event has come; whatever follows is ignored. */
  readonly isDone: boolean;
  /**
   * Whether the vendor has reported the final usage, or has refused the request. Before that, the usage of `answer()` may
   * be incomplete.
   */
  readonly isCostTold: boolean;
  /**
   * Takes the `data` of one server-sent event and appends what it says to `events`. Tool calls come with the end, since
   * only that tells whether they hold.
   * @throws UpstreamError (or a subclass) for an error event, for data that is not the vendor's format, and beyond the
   * bounds of an answer
   */
  push(data: string, events: ModelEvent[]): void;
  /**
   * The answer as assembled so far: text and finished reasoning, and, once `isDone`, the tool calls.
   * A call whose input is not whole is never part of it, and none is part of an answer that was refused, was filtered or
   * has filled the context window.
   */
  answer(): ModelAnswer;
}
