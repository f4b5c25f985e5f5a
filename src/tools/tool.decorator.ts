import { Injectable, type Type } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { type SchemaSource } from '../schemas/schema.interface.js';
import { type ToolContext } from './duo-tool.interface.js';
import { snakeCase } from './tool-definition.js';

/** The metadata key of a tool class's options. */
export const TOOL_METADATA = Symbol('gitlab-duo:tool');

/**
 * Options of `@Tool()`.
 * @publicApi
 */
export interface ToolOptions<Input = unknown> {
  /** The name for the model: at most 64 letters, digits, `_` and `-`; the class name in snake_case by default. */
  name?: string;
  /** Tells the model what the tool does and when to call it. */
  description: string;
  /** The schema of the input object: a Standard Schema (zod, ArkType, …), a class-validator DTO class or a JSON Schema. */
  parameters: SchemaSource<Input>;
  /** Whether a call needs an approval before it runs; if the function throws, it does. `false` by default. */
  requiresApproval?: boolean | ((input: Input, context: ToolContext) => boolean | Promise<boolean>);
  /** Whether a call can run twice without harm, and so may run again after a crash; `false` by default. */
  idempotent?: boolean;
  /** The timeout of a call in milliseconds; 60,000 by default, 3,600,000 at most. */
  timeout?: number;
}

/** A class whose `execute` accepts the output of the schema; the output of a JSON Schema is not checked. */
type Executes<Input> = Type<{
  execute: (input: unknown extends Input ? never : Input, context: ToolContext) => unknown;
}>;

/**
 * Makes an injectable class a tool that models can call; add it to the providers of a module.
 * @throws ConfigurationError at startup when an option, the schema or the class is invalid
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
    // An @Injectable() of the class itself may have options, such as a scope.
    if (!Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, target)) Injectable()(target);
  };
}

/** The name of a tool class for models; undefined for other classes. */
export function toolName(target: Type): string | undefined {
  const options = toolOptions(target);
  return options && (options.name ?? snakeCase(target.name));
}

/** The options of a tool class; they are not inherited. */
export function toolOptions(target: unknown): ToolOptions | undefined {
  if (typeof target !== 'function') return undefined;
  return Reflect.getOwnMetadata(TOOL_METADATA, target) as ToolOptions | undefined;
}
