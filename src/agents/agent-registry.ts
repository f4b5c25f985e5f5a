import { Injectable } from '@nestjs/common';
import { ChatAgents } from '../chats/chat-agents.js';
import { type ChatClass } from '../chats/chat-kind.js';
import { ConfigurationError, ValidationError } from '../errors/request.errors.js';
import { snakeCase } from '../tools/tool-definition.js';
import { type BoundAgent } from './bound-agent.js';

/** The agents of this application by name. */
@Injectable()
export class AgentRegistry extends ChatAgents {
  private readonly agents = new Map<string, BoundAgent>();

  /** @throws ConfigurationError when another agent has the same name */
  register(agent: BoundAgent): void {
    if (this.agents.has(agent.name)) {
      throw new ConfigurationError(
        `there is an agent "${agent.name}" already: give one of them another name or, if it is the same class in several modules, keep it in one and export it from there.`,
      );
    }
    this.agents.set(agent.name, agent);
  }

  /** Finds an agent by its name or its class name. */
  override ofKind(name: string, kind: ChatClass): BoundAgent {
    const agents = [...this.agents.values()].filter((agent) => agent.kind === kind);
    const agent = agents.find((one) => one.name === name) ?? agents.find((one) => one.name === snakeCase(name));
    if (agent) return agent;
    const names = agents.map((one) => `"${one.name}"`).join(', ');
    throw new ValidationError(
      `There is no agent ${JSON.stringify(name)} for this kind of chat. ${names === '' ? 'It has none at all.' : `There are: ${names}.`}`,
    );
  }

  override named(name: string): BoundAgent {
    const agent = this.agents.get(name);
    if (agent) return agent;
    throw new ConfigurationError(
      `The chat belongs to the agent "${name}", which this application does not have. Add the agent to the providers of a module, or keep its name by @Agent({ name: '${name}' }) when its class is renamed; then ask for a completion.`,
    );
  }
}
