import { Injectable, type Type } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { type ChatClass } from '../chats/chat-kind.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type AgentMethods, type AgentSettings } from './agent-context.interface.js';
import { type DuoAgent } from './duo-agent.js';

/** The metadata key of an agent class's options. */
export const AGENT_METADATA = Symbol('gitlab-duo:agent');

/** A setting, or a function that returns it for a chat, called with the agent as `this`. */
type Setting<Inputs extends object, Key extends keyof AgentSettings> = AgentSettings[Key] | AgentMethods<Inputs>[Key];

/**
 * Options of `@Agent()`. `instructions`, `model`, `params` and `tools` can be functions, or methods of the class instead.
 * @publicApi
 */
export interface AgentOptions<Inputs extends object = object, Value = unknown, Given = unknown> {
  /** The name that its chats store, so do not change it later; the class name in snake_case by default. */
  name?: string;
  /** A Duo model id; by default the one of the kind of chat, or of the module. */
  model?: Setting<Inputs, 'model'>;
  /** The system message at the start of its chats. */
  instructions?: Setting<Inputs, 'instructions'>;
  params?: Setting<Inputs, 'params'>;
  /** The tools that its chats offer; none by default. */
  tools?: Setting<Inputs, 'tools'>;
  /** The schema of its answers, which are then JSON; plain text by default. See `withSchema`. */
  schema?: SchemaSource<Value>;
  /** How many times a run asks the model at most; the module's `maxSteps` by default. */
  maxSteps?: number;
  /** The schema of its chats' inputs, an object; by default they have no inputs. */
  inputs?: SchemaSource<Inputs, Given>;
  /** The kind of its persisted chats; the default kind otherwise. */
  chat?: ChatClass;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an agent with any inputs, any kind of chat and any answers
type AgentClass = Type<DuoAgent<any, any, any>>;

/** Accepts the class if its methods take the output of the inputs' schema; a JSON Schema is not checked. */
type Takes<Class extends AgentClass, Inputs extends object> = object extends Inputs
  ? unknown
  : InstanceType<Class> extends AgentMethods<Inputs>
    ? unknown
    : { inputs: 'makes other inputs than those of DuoAgent<Inputs>' };

/** Accepts the class if its callers give the input of the inputs' schema. */
type Gives<Class extends AgentClass, Given> = unknown extends Given
  ? unknown
  : NonNullable<Parameters<InstanceType<Class>['chat']>[0]> extends Given
    ? unknown
    : { inputs: 'takes other inputs than callers give to DuoAgent<Inputs>: let Inputs be the type of the schema' };

/** Accepts the class if the answer schema's output is assignable to its type of answers. */
type Answers<Class extends AgentClass, Value> = unknown extends Value
  ? unknown
  : Value extends Awaited<ReturnType<InstanceType<Class>['ask']>>['parsed']
    ? unknown
    : { schema: 'is of another type than the answers of DuoAgent<Inputs, Chat, Value>' };

/**
 * Makes an injectable class that extends `DuoAgent` an agent; add it to the providers of a module.
 * @throws ConfigurationError at startup when an option or the class is invalid
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
    // An @Injectable() of the class itself may have options, such as a scope.
    if (!Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, target)) Injectable()(target);
  };
}

/** The options of an agent class; they are not inherited. */
export function agentOptions(target: unknown): AgentOptions | undefined {
  if (typeof target !== 'function') return undefined;
  return Reflect.getOwnMetadata(AGENT_METADATA, target) as AgentOptions | undefined;
}
