import { type ToolClass } from '../conversation/ask-options.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type OutputOf } from '../schemas/schema.interface.js';

/**
 * For which chat an agent says what it works with.
 * @typeParam Inputs what the chat was made with: a type, or the type of their schema
 * @publicApi
 */
export type AgentContext<Inputs extends object = object> = ContextOf<OutputOf<Inputs>>;

/** The same, of what the schema of the inputs makes. */
export interface ContextOf<Made> {
  /** The chat: the entity itself where it is persisted, not saved yet while it is made. */
  readonly chat: { id: string };
  /** The owner of the chat; `null` where it has none. */
  readonly ownerId: string | null;
  /** What the chat was made with, as the schema of `@Agent({ inputs })` makes it. */
  readonly inputs: Made;
  /** Aborts when the run is cancelled or the time is over. */
  readonly signal: AbortSignal;
}

/** What an agent may say once for all its chats. */
export interface AgentSettings {
  model?: string;
  instructions?: string;
  params?: ModelParams;
  tools?: readonly ToolClass[];
}

/** What an agent may say of each chat, by methods of its own or by functions in the options of `@Agent()`. */
export interface AgentMethods<Inputs extends object = object> {
  instructions?(context: AgentContext<Inputs>): string | Promise<string>;
  model?(context: AgentContext<Inputs>): string | Promise<string>;
  params?(context: AgentContext<Inputs>): ModelParams | Promise<ModelParams>;
  tools?(context: AgentContext<Inputs>): readonly ToolClass[] | Promise<readonly ToolClass[]>;
}
