import { type Type } from '@nestjs/common';
import { type WhenBusy } from '../config/gitlab-duo-options.interface.js';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type AnswerRecord, type Role, type Usage } from '../messages/message.interface.js';
import { type ParamChanges, type ToolChoice } from '../messages/model-request.interface.js';
import { type FilePart } from '../messages/part.interface.js';
import { type Revision } from '../runs/revision.interface.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';

/** A class with `@Tool` that is a provider of the application. */
export type ToolClass = Type<DuoTool>;

/**
 * How the tools of a chat are to be used; see `ModelParams.toolChoice` and `ModelParams.toolCalls`.
 * @publicApi
 */
export interface ToolUse {
  choice?: ToolChoice;
  calls?: 'one' | 'many';
}

/**
 * Who decides on a tool call, and why.
 * @publicApi
 */
export interface DecisionOptions {
  by?: string;
  reason?: string;
}

/**
 * Options of one ask; they apply to that ask only, while settings by `with…` are stored with the chat. A parked run keeps
 * them for the completion that continues it; the schema as JSON Schema, since it may be code.
 * @publicApi
 */
export interface AskOptions {
  /** A Duo model id instead of the chat's own. */
  model?: string;
  /** Merged into the chat's own parameters; a `null` unsets one. */
  params?: ParamChanges;
  /** Instructions instead of the chat's own. */
  instructions?: string;
  /** The tools that are offered instead of the chat's own. */
  tools?: readonly ToolClass[];
  /** The schema of the answer instead of the chat's own; see `withSchema`. `null` asks for plain text. */
  schema?: SchemaSource | null;
  /** How many requests to the model the run may make; the module's `maxSteps` by default. */
  maxSteps?: number;
  /** Images and documents that go with the content. */
  attachments?: FilePart[];
  /** Cancels the run: the upstream is closed, the text so far is kept as a `cancelled` message. */
  signal?: AbortSignal;
  /**
   * Makes the ask happen once: another one of the chat with the same key and the same request gets the same run, while it
   * works and after. 1 to 255 printable ASCII characters.
   */
  idempotencyKey?: string;
  /** What to do while the chat has an active run; by default as the kind or the module says. */
  whenBusy?: WhenBusy;
  /** The id of the caller's request, for the ledger, the log and the problem that the run may end with. */
  requestId?: string;
}

/** What the package's own doors may say of an ask beside that. */
export interface StartOptions extends AskOptions {
  /** A client's own id of the user's message, of 1 to 255 characters, unique among the chat's messages. */
  messageExternalId?: string;
  /** What the run takes back of what was said before. */
  revision?: Revision;
}

/** Options of a completion, which has no new user message. */
export type CompleteOptions = Omit<AskOptions, 'attachments'>;

/**
 * A piece of an answer as it comes: of its text or, where the model thinks aloud, of its reasoning. Where `reset` is set
 * the piece is empty and takes back all the pieces of its message: the answer broke off, or does not match its schema
 * (`schema_mismatch`), and another one follows.
 */
export interface AnswerChunk {
  /** The message that the piece belongs to: text that comes before tool calls is in a message of its own. */
  messageId: string;
  text: string;
  reasoning: string;
  /** Why the answer is taken back, as an error's code. */
  reset?: ErrorCode;
}

/** Called for each piece of an answer; a returned promise is awaited before the next piece. */
export type OnChunk = (chunk: AnswerChunk) => unknown;

/** A message that is added to a chat without asking a model. */
export interface NewMessage {
  role: Extract<Role, 'system' | 'user' | 'assistant'>;
  content: string;
  attachments?: FilePart[];
}

/**
 * A message of a chat in memory. The answer to an ask has its cost and, where the ask had a schema, the value that its
 * text stands for, which JSON and spreads leave out.
 */
export type ConversationMessage = AnswerRecord & { usage?: Usage; parsed?: unknown };
