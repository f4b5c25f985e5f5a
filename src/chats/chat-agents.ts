import { type JsonObject } from '../messages/json.interface.js';
import { checkKeyNames } from '../messages/key-names.js';
import { type RunDefaults } from '../runs/run-request.js';
import { type StartRun } from '../runs/run-request.js';
import { type ChatClass } from './chat-kind.js';

/** A chat of an agent, with the inputs that it was created with. */
export interface AgentScope {
  chat: { id: string };
  ownerId: string | null;
  /** `null` where it has none. */
  inputs: object | null;
  signal?: AbortSignal;
}

/** What chats need of an agent. */
export interface ChatAgent {
  /** The name that its chats store. */
  readonly name: string;
  /** Whether `defaults` needs the whole chat, not only its id. */
  readonly needsChat: boolean;
  /**
   * What a new chat stores.
   * @throws ValidationError when the inputs are invalid
   */
  settings(scope: AgentScope): Promise<Pick<StartRun, 'model' | 'params' | 'instructions'>>;
  /** The current defaults for a run of a chat. */
  defaults(scope: AgentScope): Promise<RunDefaults>;
}

/** The agents of the application. */
export abstract class ChatAgents {
  /**
   * The agent for a new chat of this kind.
   * @throws ValidationError that lists the agents of this kind
   */
  abstract ofKind(name: string, kind: ChatClass): ChatAgent;

  /**
   * The agent of a chat.
   * @throws ConfigurationError when this application no longer has it
   */
  abstract named(name: string): ChatAgent;
}

/**
 * Inputs as a chat stores them.
 * @throws ValidationError for a key that cannot be stored
 */
export function storedInputs(inputs: object | undefined): JsonObject | null {
  if (inputs === undefined) return null;
  const stored = JSON.parse(JSON.stringify(inputs)) as JsonObject;
  checkKeyNames(stored, 'inputs');
  return stored;
}
