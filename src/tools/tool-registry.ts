import { Injectable, type Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/request.errors.js';
import { type BoundTool } from './bound-tool.interface.js';
import { type DuoTool } from './duo-tool.interface.js';

/** The tools of this application by class. */
@Injectable()
export class ToolRegistry {
  private readonly tools = new Map<Type<DuoTool>, BoundTool>();

  /** @throws ConfigurationError when the class is registered already, or another tool has the same name */
  register(tool: Type<DuoTool>, bound: BoundTool): void {
    if (this.tools.has(tool)) {
      throw new ConfigurationError(
        'it is a provider of several modules: keep it in one, export it from there, and import that module.',
      );
    }
    const { name } = bound.definition;
    for (const [other, { definition }] of this.tools) {
      if (definition.name === name) {
        throw new ConfigurationError(`${other.name} has the name "${name}" too: give one of them another name.`);
      }
    }
    this.tools.set(tool, bound);
  }

  /** @throws ConfigurationError when the class is not a tool or not a provider of this application */
  of(tool: Type<DuoTool>): BoundTool {
    const bound = this.tools.get(tool);
    if (bound) return bound;
    throw new ConfigurationError(
      `${tool.name} is no tool of this application: decorate it with @Tool() and add it to the providers of a module. A test has to call app.init(), which finds it.`,
    );
  }

  /** Finds a tool by the name that models call it. */
  named(name: string): BoundTool | undefined {
    for (const bound of this.tools.values()) if (bound.definition.name === name) return bound;
    return undefined;
  }
}
