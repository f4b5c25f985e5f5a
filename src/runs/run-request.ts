import { ValidationError } from '../errors/request.errors.js';
import { type ModelMessage } from '../messages/message.interface.js';
import { type ModelParams, type ModelRequest } from '../messages/model-request.interface.js';
import { type Part } from '../messages/part.interface.js';
import { type BegunRun, type ChatSettings, type HistoryMessage } from './run-store.interface.js';

/** What a caller asks for. All but `settings` holds for this run alone. */
export interface StartRun {
  /** What the user says; `null` answers the last user message again. */
  user: Part[] | null;
  settings: ChatSettings;
  model?: string;
  params?: ModelParams;
  instructions?: string;
  /** Cancels the run when it aborts; a caller that merely leaves cancels nothing. */
  signal?: AbortSignal;
}

/** The request to the model that a begun run starts with, and the messages that its answer will replace. */
export interface FirstRequest {
  request: ModelRequest;
  supersedes: string[];
}

/**
 * Builds the first request from the history.
 * @throws ValidationError when nothing waits for an answer
 */
export function firstRequest(begun: BegunRun, start: StartRun): FirstRequest {
  const { kept, supersedes } =
    start.user === null ? withoutUnfinished(begun.history) : { kept: begun.history, supersedes: [] };
  const last = kept.findLast((message) => message.role !== 'system');
  if (last === undefined || last.role === 'assistant') {
    throw new ValidationError(
      `Chat ${begun.chatId} has no message that waits for an answer. Send a new message instead of asking for a completion.`,
    );
  }
  const messages = start.instructions === undefined ? kept : withInstructions(kept, start.instructions);
  return { request: { model: begun.model, messages, params: { ...begun.params, ...start.params } }, supersedes };
}

/** Leaves out the answers that stopped half-way after the last thing that was said to the model. */
function withoutUnfinished(history: HistoryMessage[]): { kept: HistoryMessage[]; supersedes: string[] } {
  const lastSaid = history.findLastIndex((message) => message.role === 'user' || message.role === 'tool');
  const isUnfinished = (message: HistoryMessage, index: number): boolean =>
    index > lastSaid && message.role === 'assistant' && message.status !== 'complete';
  return {
    kept: history.filter((message, index) => !isUnfinished(message, index)),
    supersedes: history.filter(isUnfinished).map((message) => message.id),
  };
}

function withInstructions(history: readonly ModelMessage[], instructions: string): ModelMessage[] {
  const system: ModelMessage = { role: 'system', parts: [{ type: 'text', text: instructions }] };
  return [system, ...history.filter((message) => message.role !== 'system')];
}
