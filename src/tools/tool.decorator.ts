import { Injectable, type Type } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type ToolContext } from './duo-tool.interface.js';
import { snakeCase } from './tool-definition.js';

/** Where a tool class keeps its options. */
export const TOOL_METADATA = Symbol('gitlab-duo:tool');

/**
 * Options of `@Tool()`.
 * @publicApi
 */
export interface ToolOptions<Input = unknown> {
  /** What the model calls it: letters, digits, `_` and `-`, at most 64; the class's name in snake_case by default. */
  name?: string;
  /** What the tool does, and when to call it, for the model. */
  description: string;
  /** The input: an object, as a Standard Schema (zod, ArkType, …), a class-validator DTO class or a JSON Schema. */
  parameters: SchemaSource<Input>;
  /** Whether somebody has to approve a call before it is executed; what the function throws means yes. */
  requiresApproval?: boolean | ((input: Input, context: ToolContext) => boolean | Promise<boolean>);
  /** Whether a call may be carried out twice without harm, and so once more after a crash; `false` by default. */
  idempotent?: boolean;
  /** How long a call may take, in milliseconds; 60,000 by default, 3,600,000 at most. */
  timeout?: number;
}

/** A class whose `execute` takes what the schema makes; a plain JSON Schema tells TypeScript nothing. */
type Executes<Input> = Type<{
  execute: (input: unknown extends Input ? never : Input, context: ToolContext) => unknown;
}>;

/**
 * Makes an injectable class a tool that models may call; add it to the providers of a module.
 * @throws ConfigurationError at startup when the tool cannot work
 * @example
 * const Place = z.object({ city: z.string() });
 * \@Tool({ description: 'Current weather', parameters: Place })
 * class Weather implements DuoTool<typeof Place> {
 *   constructor(private readonly stations: Stations) {}
 *   execute({ city }: ToolInput<typeof Place>) { return this.stations.read(city); }
 * }
 * @publicApi
 */
export function Tool<Input>(options: ToolOptions<Input>): (target: Executes<Input>) => void {
  return (target) => {
    Reflect.defineMetadata(TOOL_METADATA, options, target);
    // One of its own below this one may say more, such as a scope.
    if (!Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, target)) Injectable()(target);
  };
}

/** What the model calls a tool class; undefined for what is none. */
export function toolName(target: Type): string | undefined {
  const options = toolOptions(target);
  return options && (options.name ?? snakeCase(target.name));
}

/** The options of a tool class itself: those that it extends have their own. */
export function toolOptions(target: unknown): ToolOptions | undefined {
  if (typeof target !== 'function') return undefined;
  return Reflect.getOwnMetadata(TOOL_METADATA, target) as ToolOptions | undefined;
}
