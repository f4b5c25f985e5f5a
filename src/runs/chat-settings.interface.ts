import { type ParamChanges } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';

/** Tools that are added to those of a chat. */
export interface AddedTools {
  /** The tools of the chat where it stores none, by name: those of its agent or kind. */
  base: readonly string[];
  added: readonly string[];
}

/** The settings that a chat stores together with a run. */
export interface ChatSettings {
  model?: string;
  params?: ParamChanges;
  /** Stored as a system message, which replaces the ones before it. */
  instructions?: string;
  /** The names of the tools that the chat offers instead of those before, none where it is empty; or those to add. */
  tools?: readonly string[] | AddedTools;
}

/** What the user says, as a new message. */
export interface NewUserMessage {
  id: string;
  /** A client's own id of it, unique in the chat. */
  externalId?: string;
  parts: Part[];
}
