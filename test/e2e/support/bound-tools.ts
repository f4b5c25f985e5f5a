import { type INestApplicationContext, type Type } from '@nestjs/common';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type BoundTool } from '../../../src/tools/bound-tool.interface.js';
import { type DuoTool, type ToolContext } from '../../../src/tools/duo-tool.interface.js';
import { ToolRegistry } from '../../../src/tools/tool-registry.js';

type Execute = (input: JsonObject, context: ToolContext) => ReturnType<BoundTool['execute']>;

/** Adds a tool to an application, and returns the class that chats name it by. */
export function addTool(
  app: INestApplicationContext,
  name: string,
  execute: Execute,
  others: Partial<BoundTool> = {},
): Type<DuoTool> {
  class NamedTool {
    execute(): void {
      // The registry has what is executed.
    }
  }
  app.get(ToolRegistry).register(NamedTool, {
    definition: { name, description: `The tool ${name}`, parameters: { type: 'object', properties: {} } },
    isIdempotent: false,
    validate: (value) => Promise.resolve({ value }),
    needsApproval: () => Promise.resolve(false),
    execute: (input, context) => execute(input as JsonObject, context),
    ...others,
  });
  return NamedTool;
}

/** A tool's answer that is no error. */
export function told(content: JsonObject | string): ReturnType<BoundTool['execute']> {
  return Promise.resolve({ content, isError: false });
}
