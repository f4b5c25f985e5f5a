import { Injectable, Logger, type Type } from '@nestjs/common';
import { type BoundTool } from '../tools/bound-tool.interface.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';
import { mustBeTools } from '../tools/tool-list.js';
import { ToolRegistry } from '../tools/tool-registry.js';

/** Finds the tools of a run by the names that its chat keeps. */
@Injectable()
export class RunTools {
  private readonly logger = new Logger(RunTools.name);
  private readonly missing = new Set<string>();

  constructor(private readonly registry: ToolRegistry) {}

  /** @throws ConfigurationError when a class is not a tool of this application */
  namesOf(tools: readonly Type<DuoTool>[]): string[] {
    mustBeTools(tools);
    return [...new Set(tools.map((tool) => this.registry.of(tool).definition.name))];
  }

  /** The tools of these names, by name; one that is gone is not offered, which the log says once. */
  of(names: readonly string[]): Map<string, BoundTool> {
    const tools = new Map<string, BoundTool>();
    for (const name of names) {
      const tool = this.registry.named(name);
      if (tool) tools.set(name, tool);
      else this.warn(name);
    }
    return tools;
  }

  private warn(name: string): void {
    if (this.missing.has(name)) return;
    this.missing.add(name);
    this.logger.warn(`A chat offers the tool "${name}", which this application does not have: it is left out.`);
  }
}
