import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { type MessageRecord, type Role, type Usage } from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type FilePart } from '../messages/part.interface.js';

/**
 * Options of one ask; they hold for that ask alone, while `with…` on a chat is stored with the chat.
 * @publicApi
 */
export interface AskOptions {
  /** A Duo model id instead of the chat's own. */
  model?: string;
  /** Merged over the chat's own parameters. */
  params?: ModelParams;
  /** Instructions in place of the chat's own. */
  instructions?: string;
  /** Images and documents that go with the content. */
  attachments?: FilePart[];
  /** Cancels the run: the upstream is closed, the text so far is kept as a `cancelled` message. */
  signal?: AbortSignal;
}

/**
 * A piece of an answer as it comes: of its text or, where the model thinks aloud, of its reasoning. Where `reset` is set
 * the piece is empty and takes back all the pieces before it: the answer broke off, and begins anew.
 */
export interface AnswerChunk {
  text: string;
  reasoning: string;
  /** Why the answer begins anew, as an error's code. */
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

/** A message of a chat in memory; the answer to an ask tells what it cost. */
export type ConversationMessage = MessageRecord & { usage?: Usage };
