import { type ChatOf } from '../chats/acts-as-chat.mixin.js';
import { type CreateChat, type MessageOfChat, type OwnerOption } from '../chats/duo-chat-service.interface.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import {
  type AskOptions,
  type ConversationMessage,
  type OnChunk,
  type ToolClass,
} from '../conversation/ask-options.interface.js';
import { type MemoryChat } from '../conversation/memory-chat.js';
import { type ParsedAnswer, type ParsingVerbs, type SchemaOption } from '../conversation/parsed-answer.interface.js';
import { PendingToolCallsError } from '../errors/chat.errors.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type InputOf } from '../schemas/schema.interface.js';
import { type AgentChats } from './agent-chats.js';
import { type AgentContext, type AgentMethods } from './agent-context.interface.js';

/** Whether the agent needs no inputs. */
type AreOptional<Inputs> = Partial<InputOf<Inputs>> extends InputOf<Inputs> ? true : false;

/** Required if the agent needs inputs. */
type InputsOption<Inputs> =
  AreOptional<Inputs> extends true ? { inputs?: InputOf<Inputs> } : { inputs: InputOf<Inputs> };

/** Arguments that are all optional if the agent needs no inputs. */
type Given<Inputs, T extends unknown[]> = AreOptional<Inputs> extends true ? Partial<T> : T;

/**
 * Options of `agent.ask()`: those of the ask and of the chat that it creates.
 * @publicApi
 */
export type AgentAskOptions<Inputs extends object = object> = AskOptions & OwnerOption & InputsOption<Inputs>;

/**
 * Options of a new persisted chat of an agent; `model`, `params` and `instructions` win over the agent's.
 * @publicApi
 */
export type CreateAgentChat<Inputs extends object, C> = Omit<CreateChat<C>, 'agent' | 'inputs'> & InputsOption<Inputs>;

/** A chat whose answers have the type of the agent's schema. */
type Answering<Chat, Message, Value> = unknown extends Value ? Chat : ParsingVerbs<Message, Value> & Chat;

/**
 * The base class of agents; see `@Agent()`. A subclass can have the methods `instructions`, `model`, `params` and `tools`
 * instead of these options of `@Agent()`. They can use injected providers and have 30 s. The first three are called when a
 * chat is created, `tools` at each run.
 * @typeParam Inputs the type of the schema of `@Agent({ inputs })`: callers give its input, and the methods receive its
 *   output. A type that is not a schema is both
 * @typeParam C the kind of its persisted chats
 * @typeParam Value the output of the schema of its answers, the type of `parsed`
 * @publicApi
 */
export abstract class DuoAgent<
  Inputs extends object = object,
  C extends ChatOf<unknown> = ChatOf<DuoMessage>,
  Value = unknown,
> implements AgentMethods<Inputs> {
  instructions?(context: AgentContext<Inputs>): string | Promise<string>;
  model?(context: AgentContext<Inputs>): string | Promise<string>;
  params?(context: AgentContext<Inputs>): ModelParams | Promise<ModelParams>;
  tools?(context: AgentContext<Inputs>): readonly ToolClass[] | Promise<readonly ToolClass[]>;

  /**
   * Asks in a new chat in memory; see `Chat.ask`.
   * @throws ValidationError when the inputs are invalid, PendingToolCallsError when a call needs approval (use `chat()` or
   *   `createChat()` for such tools), and the errors of `Chat.ask`
   */
  ask(content: string, onChunk: OnChunk): Promise<ParsedAnswer<ConversationMessage, Value>>;
  ask<Own>(
    content: string,
    options: AgentAskOptions<Inputs> & SchemaOption<Own>,
    onChunk?: OnChunk,
  ): Promise<ParsedAnswer<ConversationMessage, Own>>;
  ask(
    content: string,
    options: AgentAskOptions<Inputs> & { schema: null },
    onChunk?: OnChunk,
  ): Promise<ConversationMessage>;
  ask(
    content: string,
    ...given: Given<Inputs, [options: AgentAskOptions<Inputs>, onChunk?: OnChunk]>
  ): Promise<ParsedAnswer<ConversationMessage, Value>>;
  async ask(
    content: string,
    given: OnChunk | (AskOptions & OwnerOption & { inputs?: unknown }) = {},
    onChunk?: OnChunk,
  ): Promise<ConversationMessage> {
    if (typeof given === 'function') return this.ask(content, {} as AgentAskOptions<Inputs>, given);
    const { inputs, ownerId, ...options } = given;
    const chat = chatsOf(this).conversation(inputs as object | undefined, ownerId);
    const answer = await chat.ask(content, options, onChunk);
    if ((await chat.pendingApprovals()).length === 0) return answer;
    throw new PendingToolCallsError(
      chat.id,
      'The chat of this ask is lost: use chat() or createChat() instead, and decide on the calls there.',
    );
  }

  /** A new chat in memory; its first ask fails when the inputs are invalid. */
  chat(
    ...[inputs, owner]: Given<Inputs, [inputs: InputOf<Inputs>, owner?: OwnerOption]>
  ): Answering<MemoryChat, ConversationMessage, Value> {
    const chat: MemoryChat = chatsOf(this).conversation(inputs as object | undefined, owner?.ownerId);
    return chat as Answering<MemoryChat, ConversationMessage, Value>;
  }

  /**
   * Creates a persisted chat, which stores the name of its agent.
   * @throws ValidationError when the inputs are invalid, UnknownModelError, ConfigurationError when the application
   *   persists no kind of chat
   */
  async createChat(
    ...[options]: Given<Inputs, [options: CreateAgentChat<Inputs, C>]>
  ): Promise<Answering<C, MessageOfChat<C>, Value>> {
    return (await chatsOf<C>(this).create((options ?? {}) as CreateChat<C>)) as Answering<C, MessageOfChat<C>, Value>;
  }

  /**
   * Finds a persisted chat of this agent.
   * @throws ChatNotFoundError, also for a chat of another agent
   */
  async find(id: string, owner: OwnerOption = {}): Promise<Answering<C, MessageOfChat<C>, Value>> {
    return (await chatsOf<C>(this).find(id, owner)) as Answering<C, MessageOfChat<C>, Value>;
  }

  /**
   * Computes the instructions of a persisted chat again from its stored inputs, and adds them to the chat. Without it a
   * chat keeps the instructions of its creation.
   * @throws ValidationError when the chat is of another agent, or its inputs are no longer valid
   */
  async syncInstructions(chat: C): Promise<void> {
    await chatsOf<C>(this).syncInstructions(chat);
  }
}

const bound = new WeakMap<object, AgentChats<ChatOf<unknown>>>();

/** Gives an agent the chats that its verbs work on. */
export function attachChats(agent: object, chats: AgentChats<ChatOf<unknown>>): void {
  bound.set(agent, chats);
}

function chatsOf<C extends ChatOf<unknown>>(agent: object): AgentChats<C> {
  const chats = bound.get(agent) as unknown as AgentChats<C> | undefined;
  if (chats) return chats;
  throw new ConfigurationError(
    `${agent.constructor.name} cannot be asked yet: decorate it with @Agent(), add it to the providers of a module, and ask it once the application is initialised.`,
  );
}
