import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AgentChats } from '../agents/agent-chats.js';
import { AgentRegistry } from '../agents/agent-registry.js';
import { agentOptions, type AgentOptions } from '../agents/agent.decorator.js';
import { bindAgent } from '../agents/bind-agent.js';
import { DuoAgent, attachChats } from '../agents/duo-agent.js';
import { ChatServices, type ServedKind } from '../chats/chat-services.js';
import { DuoService } from '../conversation/duo.service.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { ModelRegistry } from '../models/model-registry.js';
import { RunService } from '../runs/run.service.js';
import { type DecoratedProvider, decoratedProviders, mustBeSingleton } from './decorated-provider.js';

/** Finds the agents among all providers, once they are made, and registers them. */
@Injectable()
export class AgentExplorer implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: AgentRegistry,
    private readonly models: ModelRegistry,
    private readonly runs: RunService,
    private readonly duo: DuoService,
    private readonly services: ChatServices,
  ) {}

  /** @throws ConfigurationError when an agent cannot work */
  onModuleInit(): void {
    for (const agent of this.agents()) {
      explainErrors(agent, () => {
        this.explore(agent);
      });
    }
    for (const { instance } of this.discovery.getProviders()) mustBeDecorated(instance);
  }

  /**
   * Later than the rest, as the tools have to be found first.
   * @throws ConfigurationError when a tool of an agent is not a tool of this application
   */
  onApplicationBootstrap(): void {
    for (const agent of this.agents()) {
      explainErrors(agent, () => {
        this.mustKnowTools(agent);
      });
    }
  }

  private mustKnowTools({ target, options: { tools = [], params } }: DecoratedProvider<AgentOptions>): void {
    if (typeof tools === 'function' || 'tools' in (target.prototype as object)) return;
    const names = this.runs.toolNames(tools);
    const choice = typeof params === 'object' ? params.toolChoice : undefined;
    if (typeof choice !== 'object' || names.includes(choice.tool)) return;
    throw new ConfigurationError(
      `its params.toolChoice is the tool ${JSON.stringify(choice.tool)}, which is not among its tools: ${names.join(', ') || 'it has none'}.`,
    );
  }

  private agents(): DecoratedProvider<AgentOptions>[] {
    return decoratedProviders(this.discovery, agentOptions);
  }

  private explore({ target, options, wrapper }: DecoratedProvider<AgentOptions>): void {
    if (!(target.prototype instanceof DuoAgent)) {
      throw new ConfigurationError(`it is no agent: let it extend DuoAgent.`);
    }
    mustBeSingleton(wrapper, 'the context that its methods get');
    const { instance } = wrapper as { instance: unknown };
    // A substitute for an agent, in a test for example, has no chats.
    if (!(instance instanceof DuoAgent)) return;
    const { models, runs, duo } = this;
    const served = this.served(options);
    const toolNames: RunService['toolNames'] = (tools) => runs.toolNames(tools);
    const agent = bindAgent(target.name, options, instance, { models, kind: served?.kind.chat, toolNames });
    this.registry.register(agent);
    attachChats(instance, new AgentChats(agent, duo, served?.service));
  }

  /** The one kind of chat that the agent can mean, if there is one. */
  private served({ chat }: AgentOptions): ServedKind | undefined {
    const meant = this.services.candidates(chat);
    if (meant.length === 1 || chat === undefined) return meant.length === 1 ? meant[0] : undefined;
    const found = meant.length === 0 ? 'is not registered' : 'is registered with several data sources';
    throw new ConfigurationError(
      `its chat ${chat.name} ${found}: name it in one GitlabDuoModule.forFeature([${chat.name}]).`,
    );
  }
}

/** Names the agent in errors of ours. */
function explainErrors({ target }: DecoratedProvider<AgentOptions>, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof GitlabDuoError)) throw error;
    throw new ConfigurationError(`The agent ${target.name} cannot work: ${error.message}`, { cause: error.cause });
  }
}

/** @throws ConfigurationError for a provider that extends `DuoAgent` without the decorator */
function mustBeDecorated(instance: unknown): void {
  if (!(instance instanceof DuoAgent) || agentOptions(instance.constructor)) return;
  const { name } = instance.constructor;
  throw new ConfigurationError(
    `The agent ${name} cannot work: it extends DuoAgent, and is not decorated with @Agent().`,
  );
}
