import { type RunScope } from '../turn/turn.interface.js';
import { type RunOptions } from './run-options.js';
import { type ChatSettings, type NewUserMessage } from './run-store.interface.js';

/** What a queued run begins with: what a run that begins at once passes to the store itself. */
export interface QueuedInput {
  /** `null` answers the last user message again. */
  user: NewUserMessage | null;
  /** The model of this run alone. */
  model: string | null;
  /** Stored with the chat when the run begins. */
  settings: ChatSettings;
  /** Of the request that asked. */
  requestId: string | null;
}

/** What a run needs to begin, or to continue in another process, beside its model and its tools. It is stored as JSON. */
export interface RunInput extends RunOptions {
  /** How far the run goes; to the answer by default. */
  scope?: RunScope;
  /** Set while the run is queued. */
  queued?: QueuedInput;
}
