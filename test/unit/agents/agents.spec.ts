import { Injectable, Module, type ModuleMetadata, Scope, type Type } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type } from 'arktype';
import { IsString } from 'class-validator';
import { Column, Entity } from 'typeorm';
import { AgentRegistry } from '../../../src/agents/agent-registry.js';
import { agentOptions } from '../../../src/agents/agent.decorator.js';
import {
  ActsAsChat,
  ActsAsMessage,
  Agent,
  type AgentContext,
  type AgentOptions,
  Chat,
  DuoAgent,
  GitlabDuoModule,
  Tool,
} from '../../../src/index.js';

@Tool({ description: 'Current weather', parameters: z.object({ city: z.string() }) })
class Weather {
  execute(): string {
    return 'sunny';
  }
}

/** An agent class of this name with these options and methods. */
function agent(name: string, options: AgentOptions = {}, methods: object = {}): Type<DuoAgent> {
  const made = class extends DuoAgent {};
  Object.defineProperty(made, 'name', { value: name });
  Object.assign(made.prototype, methods);
  Agent(options)(made);
  return made;
}

describe('Discovery of agents', () => {
  let app: TestingModule | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function start(
    providers: ModuleMetadata['providers'],
    imports: ModuleMetadata['imports'] = [],
    change = (builder: TestingModuleBuilder) => builder,
  ): Promise<AgentRegistry> {
    const core = GitlabDuoModule.forRoot({ apiKey: 'glpat-testtesttesttesttest' });
    app = await change(Test.createTestingModule({ imports: [core, ...imports], providers })).compile();
    app.useLogger(false);
    await app.init();
    return app.get(AgentRegistry, { strict: false });
  }

  describe('Agent discovery', () => {
    it.each<[string, AgentOptions, string]>([
      ['CodeReviewer', {}, 'code_reviewer'],
      ['SQLExpert', {}, 'sql_expert'],
      ['CodeReviewer', { name: 'Der Prüfer' }, 'Der Prüfer'],
    ])('gives a class named %s with %j the agent name %s', async (className, options, name) => {
      expect((await start([agent(className, options)])).named(name).name).toBe(name);
    });

    it('finds an agent behind a token, by an alias and from a factory', async () => {
      const reviewer = agent('CodeReviewer', { model: 'duo-chat-opus-4-6' });
      for (const provider of [
        [{ provide: 'reviewer', useClass: reviewer }],
        [reviewer, { provide: 'reviewer', useExisting: reviewer }],
        [{ provide: reviewer, useFactory: () => new reviewer() }],
      ]) {
        const registry = await start(provider);
        expect(registry.named('code_reviewer').model).toBe('duo-chat-opus-4-6');
        expect(
          app
            ?.get<DuoAgent>(provider.length === 1 && 'useClass' in (provider[0] as object) ? 'reviewer' : reviewer)
            .chat().model,
        ).toBe('duo-chat-opus-4-6');
        await app?.close();
      }
    });

    it('lets a test override an agent', async () => {
      const reviewer = agent('CodeReviewer');
      const registry = await start([reviewer], [], (builder) =>
        builder.overrideProvider(reviewer).useValue({ ask: () => 'fine' }),
      );
      expect(app?.get<{ ask(): string }>(reviewer).ask()).toBe('fine');
      expect(() => registry.named('code_reviewer')).toThrow('does not have');
    });

    it('explains a call to an agent before discovery', () => {
      class Lost extends DuoAgent {}
      expect(() => new Lost().chat()).toThrow(
        expect.objectContaining({
          code: 'invalid_configuration',
          message: expect.stringMatching(/^Lost cannot be asked yet: decorate it with @Agent\(\)/),
        }),
      );
    });
  });

  describe('Agent discovery at startup', () => {
    it.each<[string, AgentOptions, object, string]>([
      ['without a name', { name: ' ' }, {}, 'it has no name'],
      ['of an unknown model', { model: 'duo-chat-opus-4.6' }, {}, 'Did you mean "duo-chat-opus-4-6"'],
      ['with empty instructions', { instructions: ' ' }, {}, 'instructions must not be empty'],
      ['with half a step', { maxSteps: 0.5 }, {}, 'it is 0.5'],
      ['of an unknown tool', { tools: [class Calendar extends Weather {}] }, {}, 'Calendar is no tool'],
      ['whose inputs are no schema', { inputs: { type: 'objekt' } }, {}, 'no valid JSON Schema'],
      ['with a tool in place of a list', { tools: Weather as unknown as [] }, {}, 'its tools must be a list'],
      [
        'with a tool that is not there yet',
        { tools: [Weather, undefined as never] },
        {},
        'Tool 2 of the list is undefined',
      ],
      [
        'that has to call another tool',
        { tools: [Weather], params: { toolChoice: { tool: 'Weather' } } },
        {},
        '"Weather"',
      ],
      ['with null for a list', { tools: null as unknown as [] }, {}, 'tools must be a list'],
      ['whose answers are no object', { schema: { type: 'string' } }, {}, 'answer with one object'],
      ['of a kind that is not registered', { chat: Chat }, {}, 'its chat Chat is not registered'],
      [
        'that says something twice',
        { instructions: 'Be kind.' },
        { instructions: () => 'Be rude.' },
        'instructions twice',
      ],
      [
        'that is too warm',
        { params: { temperature: 3 } },
        {},
        'params.temperature must be a number from 0 to 2; it is 3',
      ],
      ['of a negative topP', { params: { topP: -1 } }, {}, 'params.topP'],
      ['that may not answer', { params: { maxOutputTokens: 0 } }, {}, 'params.maxOutputTokens'],
      ['that stops wrongly', { params: { stopSequences: [1 as unknown as string] } }, {}, 'params.stopSequences'],
      ['that thinks wrongly', { params: { thinking: { effort: 'most' as 'high' } } }, {}, 'params.thinking'],
      ['that chooses wrongly', { params: { toolChoice: 'any' as 'auto' } }, {}, 'params.toolChoice'],
      ['that calls wrongly', { params: { toolCalls: 2 as unknown as 'one' } }, {}, 'params.toolCalls'],
    ])('refuses an agent %s', async (_, options, methods, reason) => {
      const starting = start([agent('Reviewer', options, methods), Weather]);
      await expect(starting).rejects.toMatchObject({
        code: 'invalid_configuration',
        message: expect.stringMatching(/^The agent Reviewer cannot work: /),
      });
      await expect(starting).rejects.toThrow(reason);
    });

    it('accepts an agent with valid params and vendor parameters', async () => {
      const params = {
        temperature: 0,
        topP: 1,
        maxOutputTokens: 1,
        stopSequences: ['END'],
        thinking: { budgetTokens: 1_024 },
        toolChoice: { tool: 'weather' },
        toolCalls: 'many' as const,
        service_tier: 'auto',
      };
      await start([agent('Reviewer', { params, tools: [Weather] }), Weather]);
      await app?.close();
      await start([agent('Reviewer', { params }, { tools: () => [Weather] }), Weather]);
    });

    it('refuses two agents of one name, and one agent in two modules', async () => {
      await expect(start([agent('CodeReviewer'), agent('Other', { name: 'code_reviewer' })])).rejects.toThrow(
        'The agent Other cannot work: there is an agent "code_reviewer" already',
      );
      const made = agent('CodeReviewer');
      @Module({ providers: [made] })
      class Other {}
      await expect(start([made], [Other])).rejects.toThrow('in several modules');
    });

    it('refuses an agent that does not extend DuoAgent or is not decorated', async () => {
      const Plain = function () {} as unknown as Type<DuoAgent>;
      Object.defineProperty(Plain, 'name', { value: 'Plain' });
      Agent()(Plain);
      await expect(start([Plain])).rejects.toThrow(
        'The agent Plain cannot work: it is no agent: let it extend DuoAgent.',
      );
      @Injectable()
      class Bare extends DuoAgent {}
      await expect(start([Bare])).rejects.toThrow(
        'The agent Bare cannot work: it extends DuoAgent, and is not decorated',
      );
    });

    it('refuses a request-scoped and a transient agent', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class Session {}
      @Agent()
      class NeedsSession extends DuoAgent {
        constructor(readonly session: Session) {
          super();
        }
      }
      @Agent()
      @Injectable({ scope: Scope.TRANSIENT })
      class Transient extends DuoAgent {}
      await expect(start([Session, NeedsSession])).rejects.toThrow('NeedsSession cannot work: it is request-scoped');
      await expect(start([Transient])).rejects.toThrow('Transient cannot work: it is transient');
    });
  });
});

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
