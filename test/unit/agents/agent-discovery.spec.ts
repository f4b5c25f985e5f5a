import { Injectable, Module, type ModuleMetadata, Scope, type Type } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { AgentRegistry } from '../../../src/agents/agent-registry.js';
import { Agent, type AgentOptions, Chat, DuoAgent, GitlabDuoModule, Tool } from '../../../src/index.js';

@Tool({ description: 'Current weather', parameters: z.object({ city: z.string() }) })
class Weather {
  execute(): string {
    return 'sunny';
  }
}

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

/** An agent class of this name with these options and methods. */
function agent(name: string, options: AgentOptions = {}, methods: object = {}): Type<DuoAgent> {
  const made = class extends DuoAgent {};
  Object.defineProperty(made, 'name', { value: name });
  Object.assign(made.prototype, methods);
  Agent(options)(made);
  return made;
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
