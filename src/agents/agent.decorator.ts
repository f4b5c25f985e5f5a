import { Injectable, type Type } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { type ChatClass } from '../chats/chat-kind.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type AgentMethods, type AgentSettings } from './agent-context.interface.js';
import { type DuoAgent } from './duo-agent.js';

/** Where an agent class keeps its options. */
export const AGENT_METADATA = Symbol('gitlab-duo:agent');

/** A setting, or a function that says it for a chat, with the agent as its `this`. */
type Setting<Inputs extends object, Key extends keyof AgentSettings> = AgentSettings[Key] | AgentMethods<Inputs>[Key];

/**
 * Options of `@Agent()`. `instructions`, `model`, `params` and `tools` may be functions, or methods of the class instead.
 * @publicApi
 */
export interface AgentOptions<Inputs extends object = object, Value = unknown, Given = unknown> {
  /** What chats know it by, for as long as they live; the class's name in snake_case by default. */
  name?: string;
  /** A Duo model id; that of the kind of chat, or of the module, by default. */
  model?: Setting<Inputs, 'model'>;
  /** What the model is told before all else. */
  instructions?: Setting<Inputs, 'instructions'>;
  params?: Setting<Inputs, 'params'>;
  /** The tools that its chats offer; none by default. */
  tools?: Setting<Inputs, 'tools'>;
  /** What its answers have to be, as JSON; plain text by default. See `withSchema`. */
  schema?: SchemaSource<Value>;
  /** How often a run may ask the model, tools in between; the module's `maxSteps` by default. */
  maxSteps?: number;
  /** What its chats are made with, as an object's schema; nothing by default. */
  inputs?: SchemaSource<Inputs, Given>;
  /** The kind of its persisted chats; that of a plain `DuoChatService` by default. */
  chat?: ChatClass;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an agent of any inputs, of any kind of chat and of any answers
type AgentClass = Type<DuoAgent<any, any, any>>;

/** Of the class only if its methods take what the schema makes; a plain JSON Schema tells TypeScript nothing. */
type Takes<Class extends AgentClass, Inputs extends object> = object extends Inputs
  ? unknown
  : InstanceType<Class> extends AgentMethods<Inputs>
    ? unknown
    : { inputs: 'makes other inputs than those of DuoAgent<Inputs>' };

/** Of the class only if its callers give what the schema takes. */
type Gives<Class extends AgentClass, Given> = unknown extends Given
  ? unknown
  : NonNullable<Parameters<InstanceType<Class>['chat']>[0]> extends Given
    ? unknown
    : { inputs: 'takes other inputs than callers give to DuoAgent<Inputs>: let Inputs be the type of the schema' };

/** Of the class only if its answers are of the schema's type; it may know less of them. */
type Answers<Class extends AgentClass, Value> = unknown extends Value
  ? unknown
  : Value extends Awaited<ReturnType<InstanceType<Class>['ask']>>['parsed']
    ? unknown
    : { schema: 'is of another type than the answers of DuoAgent<Inputs, Chat, Value>' };

/**
 * Makes an injectable class that extends `DuoAgent` an agent; add it to the providers of a module.
 * @throws ConfigurationError at startup when the agent cannot work
 * @example
 * \@Agent({ model: 'duo-chat-opus-4-6', instructions: 'You are a senior developer.', tools: [Weather] })
 * class CodeReviewer extends DuoAgent {}
 * @example
 * const Team = z.object({ team: z.string().default('core') });
 * \@Agent({ inputs: Team, model: ({ inputs }) => modelOf[inputs.team] })
 * class CodeReviewer extends DuoAgent<typeof Team> {
 *   constructor(private readonly guides: StyleGuides) { super(); }
 *   async instructions({ inputs }: AgentContext<typeof Team>) { return this.guides.of(inputs.team); }
 * }
 * @publicApi
 */
export function Agent<Inputs extends object = object, Value = unknown, Given = unknown>(
  options: AgentOptions<Inputs, Value, Given> = {},
): <Class extends AgentClass>(
  target: Class & Takes<Class, Inputs> & Gives<Class, Given> & Answers<Class, Value>,
) => void {
  return (target) => {
    Reflect.defineMetadata(AGENT_METADATA, options, target);
    // One of its own below this one may say more, such as a scope.
    if (!Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, target)) Injectable()(target);
  };
}

/** The options of an agent class itself: those that it extends have their own. */
export function agentOptions(target: unknown): AgentOptions | undefined {
  if (typeof target !== 'function') return undefined;
  return Reflect.getOwnMetadata(AGENT_METADATA, target) as AgentOptions | undefined;
}
