import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ConfigurationError } from '../errors/request.errors.js';
import { KnownSecrets } from '../gateway/secret-redactor.js';
import { bindTool } from '../tools/bind-tool.js';
import { type DuoTool } from '../tools/duo-tool.interface.js';
import { ToolRegistry } from '../tools/tool-registry.js';
import { toolOptions, type ToolOptions } from '../tools/tool.decorator.js';
import { type DecoratedProvider, decoratedProviders, mustBeSingleton } from './decorated-provider.js';

/** Finds the tools among all providers, once they are made, and registers them. */
@Injectable()
export class ToolExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: ToolRegistry,
    private readonly secrets: KnownSecrets,
  ) {}

  /** @throws ConfigurationError when a tool cannot work */
  onModuleInit(): void {
    for (const tool of decoratedProviders(this.discovery, toolOptions)) this.explore(tool);
  }

  private explore({ target, options, wrapper }: DecoratedProvider<ToolOptions>): void {
    try {
      mustBeSingleton(wrapper, 'the context of execute()');
      const bound = bindTool(target.name, options, wrapper.instance as DuoTool, this.secrets.redact);
      this.registry.register(target as Type<DuoTool>, bound);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new ConfigurationError(`The tool ${target.name} cannot work: ${error.message}`, { cause: error.cause });
    }
  }
}
