import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { Agent, type AgentContext, Chat, DuoAgent, type DuoTool, Tool, type ToolClass } from '../../../src/index.js';

const city = z.object({ city: z.string() });

/** What the tools were called with. */
export const calls: { tool: string; city: string; toolCallId?: string }[] = [];

@Tool({ description: 'Current weather', parameters: city })
export class Weather implements DuoTool<{ city: string }> {
  execute(input: { city: string }): string {
    calls.push({ tool: 'weather', ...input });
    return `Sunny in ${input.city}`;
  }
}

@Tool({ description: 'Books a flight', parameters: city, requiresApproval: true })
export class Flight implements DuoTool<{ city: string }> {
  execute(input: { city: string }): string {
    calls.push({ tool: 'flight', ...input });
    return `Booked to ${input.city}`;
  }
}

/** What an agent injects. */
@Injectable()
export class House {
  rules = 'Be polite.';
  mayFly = true;
}

@Agent({
  model: 'duo-chat-haiku-4-5',
  instructions: 'You are a travel guide.',
  params: { temperature: 0.5 },
  tools: [Weather],
  maxSteps: 2,
})
export class Guide extends DuoAgent {}

interface Team {
  team: string;
  model?: string;
}

const asked: AgentContext<Team>[] = [];

@Agent({ name: 'planner', inputs: z.object({ team: z.string().min(1), model: z.string().optional() }) })
export class TripPlanner extends DuoAgent<Team> {
  /** What its methods were told, in order. */
  readonly asked = asked;

  constructor(private readonly house: House) {
    super();
  }

  override async instructions(context: AgentContext<Team>): Promise<string> {
    asked.push(context);
    return Promise.resolve(`Plan for ${context.inputs.team}. ${this.house.rules}`);
  }

  override model({ inputs }: AgentContext<Team>): string {
    return inputs.model ?? 'duo-chat-sonnet-4-6';
  }

  override params({ ownerId }: AgentContext<Team>): { temperature: number } {
    return { temperature: ownerId === 'ann' ? 0.1 : 0.9 };
  }

  override tools(context: AgentContext<Team>): ToolClass[] {
    asked.push(context);
    return this.house.mayFly ? [Weather, Flight] : [Weather];
  }
}

/** Says by functions what depends on the chat. */
@Agent({
  inputs: city,
  model: ({ inputs }) => (inputs.city === 'Rome' ? 'duo-chat-haiku-4-5' : 'duo-chat-sonnet-4-6'),
  instructions(this: Rover, { inputs }) {
    return `${this.house.rules} ${inputs.city}`;
  },
  params: ({ ownerId }) => ({ temperature: ownerId === 'ann' ? 0.1 : 0.9 }),
  tools: async () => Promise.resolve([Weather]),
})
export class Rover extends DuoAgent<{ city: string }> {
  constructor(readonly house: House) {
    super();
  }
}

/** Answers with JSON. */
@Agent({ instructions: 'You forecast the weather.', schema: z.strictObject({ city: z.string(), degrees: z.number() }) })
export class Forecaster extends DuoAgent {}

/** Says nothing until it is awake: for a chat in memory it is asked for its instructions first. */
@Agent()
export class Sleeper extends DuoAgent {
  isAwake = false;
  isAsleep = false;

  override async instructions({ chat }: AgentContext): Promise<string> {
    return chat instanceof Chat ? 'Sleep well.' : this.sleep('Sleep well.');
  }

  override async tools({ chat }: AgentContext): Promise<ToolClass[]> {
    return chat instanceof Chat ? this.sleep([]) : [];
  }

  private async sleep<T>(answer: T): Promise<T> {
    if (this.isAwake) return answer;
    this.isAsleep = true;
    return new Promise(() => undefined);
  }
}

const agents = [Guide, TripPlanner, Rover, Forecaster, Sleeper];

@Module({ providers: [Weather, Flight, House, ...agents], exports: [House, ...agents] })
export class AgentsModule {}
