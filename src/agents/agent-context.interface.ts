import { type ToolClass } from '../conversation/ask-options.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type OutputOf } from '../schemas/schema.interface.js';

/**
 * The chat for which the methods of an agent are called.
 * @typeParam Inputs the type of the chat's inputs, or the type of their schema
 * @publicApi
 */
export type AgentContext<Inputs extends object = object> = ContextOf<OutputOf<Inputs>>;

/** The same, by the output type of the schema of the inputs. */
export interface ContextOf<Made> {
  /** The chat; the entity itself if it is persisted, which is not saved yet while the chat is created. */
  readonly chat: { id: string };
  /** The owner of the chat; `null` if it has no owner. */
  readonly ownerId: string | null;
  /** The inputs of the chat: the output of the schema of `@Agent({ inputs })`. */
  readonly inputs: Made;
  /** Aborts when the run is cancelled or the 30 s of the method are over. */
  readonly signal: AbortSignal;
}

/** The settings of an agent that are the same for all its chats. */
export interface AgentSettings {
  model?: string;
  instructions?: string;
  params?: ModelParams;
  tools?: readonly ToolClass[];
}

/** The settings of an agent that depend on the chat, as methods of its class or functions in `@Agent()`. */
export interface AgentMethods<Inputs extends object = object> {
  instructions?(context: AgentContext<Inputs>): string | Promise<string>;
  model?(context: AgentContext<Inputs>): string | Promise<string>;
  params?(context: AgentContext<Inputs>): ModelParams | Promise<ModelParams>;
  tools?(context: AgentContext<Inputs>): readonly ToolClass[] | Promise<readonly ToolClass[]>;
}
