import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { IsString } from 'class-validator';
import { z } from 'zod';
import { agentOptions } from '../../../src/agents/agent.decorator.js';
import { Column, Entity } from 'typeorm';
import { ActsAsChat, ActsAsMessage, Agent, type AgentContext, type Chat, DuoAgent } from '../../../src/index.js';

interface Team {
  team: string;
}

const inputs = z.object({ team: z.string() });

class Plain extends DuoAgent {}
class ForTeams extends DuoAgent<Team, Chat> {
  override instructions(context: AgentContext<Team>): string {
    return context.inputs.team;
  }
}
class NoAgent {
  ask(): void {}
}
class ForCountries extends DuoAgent<{ country: string }> {}

interface Trip {
  days: number;
}

const trip = z.object({ days: z.number() });

/** What callers give is not what the agent sees. */
const stay = z.object({ days: z.string().transform(Number), team: z.string().default('core') });
const arkStay = type({ days: 'string.numeric.parse', 'team?': 'string' });

class ForStays extends DuoAgent<typeof stay, Chat> {
  override instructions({ inputs: { days, team } }: AgentContext<typeof stay>): string {
    return `${days.toFixed()} ${team.length}`;
  }
}
class ForArkStays extends DuoAgent<typeof arkStay> {
  override model({ inputs }: AgentContext<typeof arkStay>): string {
    return inputs.days.toFixed();
  }
}
class ForNumbers extends DuoAgent<{ days: number; team: string }> {}
class ForTexts extends DuoAgent<{ days: string; team?: string }> {
  override instructions({ inputs }: AgentContext<{ days: string; team?: string }>): string {
    return inputs.days.trim();
  }
}

class Place {
  @IsString()
  city!: string;
}
class ForPlaces extends DuoAgent<typeof Place> {
  override instructions({ inputs }: AgentContext<Place>): string {
    return inputs.city;
  }
}

@Entity('rated_messages')
class RatedMessage extends ActsAsMessage<Rated>({ chat: () => Rated }) {
  @Column({ type: 'integer', default: 0 })
  stars!: number;
}
@Entity('rated')
class Rated extends ActsAsChat<RatedMessage>({ messages: () => RatedMessage }) {}
class RatedAgent extends DuoAgent<object, Rated, Trip> {}

class TripPlanner extends DuoAgent<object, Chat, Trip> {}
class CountryPlanner extends DuoAgent<object, Chat, { country: string }> {}

// What TypeScript says of these is checked with all the code: an error that is expected and does not come is one.
describe('Types of @Agent()', () => {
  it('accept a class whose inputs match the schema', () => {
    Agent({ inputs })(ForTeams);
    // @ts-expect-error there is no country
    Agent({ inputs })(ForCountries);
    // @ts-expect-error it is no agent
    Agent()(NoAgent);
    Agent({ model: 'duo-chat-opus-4-6' })(Plain);
    expect(agentOptions(ForTeams)).toEqual({ inputs });
  });

  it("accept callers that give the schema's input, and a class that sees its output", () => {
    Agent({ inputs: stay })(ForStays);
    Agent({ inputs: arkStay })(ForArkStays);
    Agent({ inputs: Place })(ForPlaces);
    Agent({ inputs: stay, instructions: ({ inputs: made }) => made.days.toFixed() })(ForStays);
    // @ts-expect-error its callers would give a number
    Agent({ inputs: stay })(ForNumbers);
    // @ts-expect-error its callers give a text, and it would see one
    Agent({ inputs: stay })(ForTexts);
    // @ts-expect-error its callers would give a team
    Agent({ inputs: stay })(ForTeams);
    // @ts-expect-error it sees a number
    Agent({ inputs: stay, instructions: ({ inputs: made }): string => made.days })(ForStays);
    const stays = new ForStays();
    const asks: (() => unknown)[] = [
      () => stays.ask('Hello', { inputs: { days: '3' } }),
      () => stays.ask('Hello', { inputs: { days: '3', team: 'sales' }, schema: trip }),
      () => stays.chat({ days: '3' }),
      () => stays.createChat({ inputs: { days: '3' }, title: 'Stay' }),
      () => new ForArkStays().chat({ days: '3' }),
      () => new ForPlaces().chat({ city: 'Rome' }),
      // @ts-expect-error callers give a text
      () => stays.ask('Hello', { inputs: { days: 3 } }),
      // @ts-expect-error callers give a text
      () => stays.createChat({ inputs: { days: 3, team: 'sales' } }),
      // @ts-expect-error days are needed
      () => stays.chat(),
      // @ts-expect-error days are needed
      () => stays.ask('Hello'),
      // @ts-expect-error callers give a text
      () => new ForArkStays().chat({ days: 3 }),
    ];
    expect(asks).toHaveLength(11);
    expect(agentOptions(ForPlaces)).toEqual({ inputs: Place });
  });

  it('require no inputs if all of them are optional', () => {
    const optional = z.object({ team: z.string().default('core') });
    class ForAnyTeam extends DuoAgent<typeof optional> {}
    Agent({ inputs: optional })(ForAnyTeam);
    const agent = new ForAnyTeam();
    const asks: (() => unknown)[] = [() => agent.ask('Hello'), () => agent.chat(), () => agent.createChat()];
    expect(asks).toHaveLength(3);
  });

  it('accept a class whose answers match its schema', () => {
    const decorate = Agent({ schema: trip });
    decorate(TripPlanner);
    decorate(Plain);
    Agent({ schema: { type: 'object' } })(TripPlanner);
    // @ts-expect-error there is no country
    decorate(CountryPlanner);
    expect(agentOptions(TripPlanner)).toEqual({ schema: { type: 'object' } });
  });

  it('type the answers of an agent', () => {
    const planner = new TripPlanner();
    const days = ({ parsed }: { parsed?: Trip }): number | undefined => parsed?.days;
    const country = ({ parsed }: { parsed?: { country: string } }): string | undefined => parsed?.country;
    const asks: (() => unknown)[] = [
      () => planner.ask('Rome').then(({ parsed }) => parsed.days.toFixed()),
      () => planner.ask('Rome', { schema: null }).then(({ text }) => text.length),
      () => planner.ask('Rome', () => undefined).then(days),
      () => planner.ask('Rome', { maxSteps: 1 }).then(days),
      () => planner.ask('Rome', { schema: inputs }).then(({ parsed }) => parsed.team.length),
      () =>
        planner
          .chat()
          .ask('Rome')
          .then(({ parsed }) => parsed.days.toFixed()),
      () => planner.chat().messages.length,
      () => planner.createChat().then(async (chat) => days(await chat.ask('Rome'))),
      () => planner.find('id').then(async (chat) => (await chat.complete()).parsed.days.toFixed()),
      () => planner.find('id').then((chat): Chat => chat),
      // @ts-expect-error there is no country
      () => planner.ask('Rome').then(country),
      // @ts-expect-error there is no country
      async () => country(await planner.chat().ask('Rome')),
      // @ts-expect-error nothing is known of the answers
      () => new Plain().ask('Rome').then(days),
    ];
    expect(asks).toHaveLength(13);
  });

  it("type the messages of the agent's kind of chat", () => {
    const agent = new RatedAgent();
    const asks: (() => unknown)[] = [
      () => agent.find('id').then(async (chat) => (await chat.ask('Rome')).stars.toFixed()),
      () => agent.find('id').then(async (chat) => (await chat.ask('Rome')).parsed.days.toFixed()),
      () => agent.find('id').then(({ messages = [] }) => messages.map(({ stars }) => stars.toFixed())),
      () => agent.createChat().then(async (chat) => (await chat.runTools()).map(({ stars }) => stars.toFixed())),
    ];
    expect(asks).toHaveLength(4);
  });

  it('type the inputs of an agent', () => {
    const plain = new Plain();
    const team = new ForTeams();
    const asks: (() => unknown)[] = [
      () => plain.ask('Hello'),
      () => plain.ask('Hello', { maxSteps: 1 }, () => undefined),
      () => plain.chat(),
      () => plain.createChat(),
      () => plain.createChat({ ownerId: 'ann' }),
      () => team.ask('Hello', { inputs: { team: 'sales' } }),
      () => team.chat({ team: 'sales' }, { ownerId: 'ann' }),
      () => team.createChat({ inputs: { team: 'sales' } }).then((chat: Chat) => chat),
      () => plain.ask('Hello', { schema: inputs }).then(({ parsed }) => parsed.team.length),
      () => team.ask('Hello', { schema: inputs, inputs: { team: 'sales' } }).then(({ parsed }) => parsed.team.length),
      // @ts-expect-error inputs are needed
      () => team.ask('Hello', { schema: inputs }),
      // @ts-expect-error inputs are needed
      () => team.ask('Hello'),
      // @ts-expect-error inputs are needed
      () => team.ask('Hello', { maxSteps: 1 }),
      // @ts-expect-error inputs are needed
      () => team.chat(),
      // @ts-expect-error a team is needed
      () => team.createChat({ inputs: {} }),
      // @ts-expect-error a team is a text
      () => team.chat({ team: 3 }),
    ];
    expect(asks).toHaveLength(16);
  });
});
