import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { agentOptions } from '../../../src/agents/agent.decorator.js';
import { Agent, type AgentContext, type Chat, DuoAgent } from '../../../src/index.js';

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

class TripPlanner extends DuoAgent<object, Chat, Trip> {}
class CountryPlanner extends DuoAgent<object, Chat, { country: string }> {}

// What TypeScript says of these is checked with all the code: an error that is expected and does not come is one.
describe('@Agent()', () => {
  it('takes a class whose inputs are those of the schema', () => {
    Agent({ inputs })(ForTeams);
    // @ts-expect-error there is no country
    Agent({ inputs })(ForCountries);
    // @ts-expect-error it is no agent
    Agent()(NoAgent);
    Agent({ model: 'duo-chat-opus-4-6' })(Plain);
    expect(agentOptions(ForTeams)).toEqual({ inputs });
  });

  it('takes a class whose answers are of the schema', () => {
    const decorate = Agent({ schema: trip });
    decorate(TripPlanner);
    decorate(Plain);
    Agent({ schema: { type: 'object' } })(TripPlanner);
    // @ts-expect-error there is no country
    decorate(CountryPlanner);
    expect(agentOptions(TripPlanner)).toEqual({ schema: { type: 'object' } });
  });

  it('types what an agent answers', () => {
    const planner = new TripPlanner();
    const days = ({ parsed }: { parsed?: Trip }): number | undefined => parsed?.days;
    const country = ({ parsed }: { parsed?: { country: string } }): string | undefined => parsed?.country;
    const asks: (() => unknown)[] = [
      () => planner.ask('Rome').then(({ parsed }) => parsed?.days.toFixed()),
      () => planner.ask('Rome', () => undefined).then(days),
      () => planner.ask('Rome', { maxSteps: 1 }).then(days),
      () => planner.ask('Rome', { schema: inputs }).then(({ parsed }) => parsed?.team.length),
      () =>
        planner
          .chat()
          .ask('Rome')
          .then(({ parsed }) => parsed?.days.toFixed()),
      () => planner.chat().messages.length,
      () => planner.createChat().then(async (chat) => days(await chat.ask('Rome'))),
      () => planner.find('id').then(async (chat) => (await chat.complete()).parsed?.days.toFixed()),
      () => planner.find('id').then((chat): Chat => chat),
      // @ts-expect-error there is no country
      () => planner.ask('Rome').then(country),
      // @ts-expect-error there is no country
      async () => country(await planner.chat().ask('Rome')),
      // @ts-expect-error nothing is known of the answers
      () => new Plain().ask('Rome').then(days),
    ];
    expect(asks).toHaveLength(12);
  });

  it('types what an agent is asked with', () => {
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
      () => plain.ask('Hello', { schema: inputs }).then(({ parsed }) => parsed?.team.length),
      () => team.ask('Hello', { schema: inputs, inputs: { team: 'sales' } }).then(({ parsed }) => parsed?.team.length),
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
