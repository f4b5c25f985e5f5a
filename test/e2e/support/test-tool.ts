import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { type JsonObject } from '../../../src/messages/json.interface.js';
import { type DuoTool, type ToolContext } from '../../../src/tools/duo-tool.interface.js';
import { Tool, type ToolOptions } from '../../../src/tools/tool.decorator.js';

/** Makes a tool class that takes any object, unless the options say otherwise, and executes this function. */
export function testTool(
  name: string,
  execute: (input: JsonObject, context: ToolContext) => unknown,
  options: Partial<ToolOptions> = {},
): Type<DuoTool> {
  @Tool({ name, description: `The tool ${name}`, parameters: { type: 'object' }, ...options })
  class TestTool implements DuoTool<JsonObject> {
    execute(input: JsonObject, context: ToolContext): unknown {
      return execute(input, context);
    }
  }
  return TestTool;
}

/** A module of a host that provides these tools, where the library discovers them. */
export function moduleOf(tools: Type<DuoTool>[]): DynamicModule {
  @Module({})
  class ToolsModule {}
  return { module: ToolsModule, providers: tools };
}
