import { type JsonObject } from '../messages/json.interface.js';
import { type RunDefaults } from '../runs/run-request.js';
import { type StartRun } from '../runs/run-request.js';
import { type ChatClass } from './chat-kind.js';

/** A chat of an agent, and what it was made with. */
export interface AgentScope {
  chat: { id: string };
  ownerId: string | null;
  /** `null` where nothing was given. */
  inputs: object | null;
  signal?: AbortSignal;
}

/** An agent, as far as its chats need it. */
export interface ChatAgent {
  /** What its chats know it by. */
  readonly name: string;
  /** Whether `defaults` wants the whole chat, and not only its id. */
  readonly needsChat: boolean;
  /**
   * What a new chat keeps.
   * @throws ValidationError when the inputs are wrong
   */
  settings(scope: AgentScope): Promise<Pick<StartRun, 'model' | 'params' | 'instructions'>>;
  /** What holds for a run of a chat, today. */
  defaults(scope: AgentScope): Promise<RunDefaults>;
}

/** The agents of the application. */
export abstract class ChatAgents {
  /**
   * The agent for a new chat of this kind.
   * @throws ValidationError that names those that there are
   */
  abstract ofKind(name: string, kind: ChatClass): ChatAgent;

  /**
   * The agent of a chat.
   * @throws ConfigurationError when this application does not have it any more
   */
  abstract named(name: string): ChatAgent;
}

/** Inputs as they are stored with a chat. */
export function storedInputs(inputs: object | undefined): JsonObject | null {
  return inputs === undefined ? null : (JSON.parse(JSON.stringify(inputs)) as JsonObject);
}
