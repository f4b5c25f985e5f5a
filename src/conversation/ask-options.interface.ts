import { type Type } from '@nestjs/common';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type MessageRecord, type Role, type Usage } from '../messages/message.interface.js';
import { type ParamChanges, type ToolChoice } from '../messages/model-request.interface.js';
import { type FilePart } from '../messages/part.interface.js';
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
 * Who decides about a tool call, and why.
 * @publicApi
 */
export interface DecisionOptions {
  by?: string;
  reason?: string;
}

/**
 * Options of one ask; they hold for that ask alone, while `with…` on a chat is stored with the chat. A run that waits for
 * approval keeps them for the completion that lets it go on; the schema as JSON Schema, since it may be code.
 * @publicApi
 */
export interface AskOptions {
  /** A Duo model id instead of the chat's own. */
  model?: string;
  /** Merged into the chat's own parameters; a `null` unsets one. */
  params?: ParamChanges;
  /** Instructions in place of the chat's own. */
  instructions?: string;
  /** The tools that are offered in place of the chat's own. */
  tools?: readonly ToolClass[];
  /** What the answer has to be, in place of the chat's own schema; see `withSchema`. `null` asks for plain text. */
  schema?: SchemaSource | null;
  /** How often the model may be asked, tools in between; the module's `maxSteps` by default. */
  maxSteps?: number;
  /** Images and documents that go with the content. */
  attachments?: FilePart[];
  /** Cancels the run: the upstream is closed, the text so far is kept as a `cancelled` message. */
  signal?: AbortSignal;
  /** Names the request that asks, in the ledger, in what the log says of the run, and in the problem it may end with. */
  requestId?: string;
}

/** Options of a completion: the user says nothing new. */
export type CompleteOptions = Omit<AskOptions, 'attachments'>;

/**
 * A piece of an answer as it comes: of its text or, where the model thinks aloud, of its reasoning. Where `reset` is set
 * the piece is empty and takes back all the pieces of its message: the answer broke off, or does not match its schema
 * (`schema_mismatch`), and another one follows.
 */
export interface AnswerChunk {
  /** The message that the piece belongs to: what a model says before it calls tools is a message of its own. */
  messageId: string;
  text: string;
  reasoning: string;
  /** Why the answer is taken back, as an error's code. */
  reset?: ErrorCode;
}

/** Called for each piece of an answer; a promise is waited for before the next piece. */
export type OnChunk = (chunk: AnswerChunk) => unknown;

/** A message that is added to a chat without asking a model. */
export interface NewMessage {
  role: Extract<Role, 'system' | 'user' | 'assistant'>;
  content: string;
  attachments?: FilePart[];
}

/**
 * A message of a chat in memory; the answer to an ask tells what it cost and, where the ask had a schema, has the value
 * that its text stands for, which JSON and spreads leave out.
 */
export type ConversationMessage = MessageRecord & { usage?: Usage; parsed?: unknown };
