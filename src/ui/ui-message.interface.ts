import { type JsonValue } from '../messages/json.interface.js';
import { type UiMetadata } from './ui-chunk.interface.js';

/**
 * Where an approval stands, as clients of 6 and 7 have it; `id` is what decisions name.
 * @publicApi
 */
export interface UiApproval {
  id: string;
  approved?: boolean;
  reason?: string;
}

/**
 * A call of a tool with what became of it, of the type `tool-<name>`; `toolCallId` is ours.
 * @publicApi
 */
export interface UiToolPart {
  type: `tool-${string}`;
  toolCallId: string;
  state:
    | 'input-available'
    | 'approval-requested'
    | 'approval-responded'
    | 'output-available'
    | 'output-error'
    | 'output-denied';
  input: JsonValue;
  output?: JsonValue;
  errorText?: string;
  approval?: UiApproval;
}

/**
 * A part of a message, as AI SDK names them.
 * @publicApi
 */
export type UiPart =
  | { type: 'step-start' }
  | { type: 'text' | 'reasoning'; text: string; state?: 'done' }
  | { type: 'file'; mediaType: string; url: string; filename?: string }
  | UiToolPart;

/**
 * A message as `useChat` takes it: a user's, with the client's own id where it has one, or all that one run has answered.
 * @publicApi
 */
export interface UiMessage {
  id: string;
  role: 'user' | 'assistant';
  metadata?: UiMetadata;
  parts: UiPart[];
}
