import { Global, Inject, Injectable, Module, type ModuleMetadata, Scope, type Type } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  type DuoTool,
  GitlabDuoModule,
  type JsonObject,
  Tool,
  type ToolContext,
  type ToolOptions,
} from '../../../src/index.js';
import { ToolRegistry } from '../../../src/tools/tool-registry.js';

const parameters = z.object({ city: z.string() });
const described = { description: 'Current weather', parameters };
const context = { chat: { id: 'c' }, signal: new AbortController().signal } as ToolContext;

@Injectable()
class Stations {
  read(city: string): string {
    return `${city}: sunny`;
  }
}

@Tool(described)
class WeatherLookup implements DuoTool<{ city: string }> {
  constructor(private readonly stations: Stations) {}

  execute({ city }: { city: string }): string {
    return this.stations.read(city);
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
): Promise<ToolRegistry> {
  const core = GitlabDuoModule.forRoot({ apiKey: 'glpat-testtesttesttesttest' });
  app = await change(Test.createTestingModule({ imports: [core, ...imports], providers })).compile();
  app.useLogger(false);
  await app.init();
  return app.get(ToolRegistry, { strict: false });
}

/** A schema of one field. */
function listing(list: JsonObject): JsonObject {
  return { type: 'object', properties: { list } };
}

/** A tool class of this name with these options. */
function tool(name: string, options: Partial<ToolOptions> = {}, body: object = { execute: () => 'ok' }): Type<DuoTool> {
  const made = function () {} as unknown as Type<DuoTool>;
  Object.defineProperty(made, 'name', { value: name });
  Object.assign(made.prototype as object, body);
  Tool({ ...described, ...options })(made);
  return made;
}

describe('Tool discovery', () => {
  it('finds a tool with its dependencies', async () => {
    const bound = (await start([WeatherLookup, Stations])).of(WeatherLookup);
    expect(bound.definition).toMatchObject({
      name: 'weather_lookup',
      description: 'Current weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    });
    expect(bound.isIdempotent).toBe(false);
    expect(await bound.needsApproval({ city: 'Rome' }, context)).toBe(false);
    expect(await bound.execute({ city: 'Rome' }, context)).toEqual({ content: 'Rome: sunny', isError: false });
  });

  it('finds a tool in another module, by the class that it replaces, and in a test override', async () => {
    @Global()
    @Module({ providers: [{ provide: WeatherLookup, useFactory: () => new WeatherLookup(new Stations()) }] })
    class Host {}
    const made = (await start([], [Host])).of(WeatherLookup);
    expect(await made.execute({ city: 'Rome' }, context)).toMatchObject({ content: 'Rome: sunny' });
    await app?.close();

    const overridden = await start([WeatherLookup, Stations], [], (builder) =>
      builder.overrideProvider(WeatherLookup).useValue({ execute: () => 'rain' }),
    );
    expect(await overridden.of(WeatherLookup).execute({ city: 'Rome' }, context)).toMatchObject({ content: 'rain' });
    await app?.close();

    const byToken = await start([{ provide: 'weather', useClass: WeatherLookup }, Stations]);
    expect(byToken.of(WeatherLookup).definition.name).toBe('weather_lookup');
    await app?.close();

    const alias = await start([WeatherLookup, Stations, { provide: 'weather', useExisting: WeatherLookup }]);
    expect(alias.of(WeatherLookup).definition.name).toBe('weather_lookup');
  });

  it.each([
    ['HTTPGet', 'http_get'],
    ['Weather', 'weather'],
    ['GetV2Users', 'get_v2_users'],
    ['parseXMLFile', 'parse_xml_file'],
  ])('gives a tool named %s the name %s', async (name, expected) => {
    const made = tool(name);
    expect((await start([made])).of(made).definition.name).toBe(expected);
  });

  it('accepts arrays of anything', async () => {
    const examples = [{ type: 'array' }];
    const anything = { type: 'array', items: {} };
    const made = tool('Weather', {
      parameters: listing({ anyOf: [anything, { type: 'object', default: {}, examples }] }),
    });
    expect((await start([made])).of(made).definition.name).toBe('weather');
  });

  it('accepts a DTO class, and describes it', async () => {
    class Place {
      @IsString()
      city!: string;
    }
    const made = tool('Weather', { name: 'Forecast-1', parameters: Place, idempotent: true, requiresApproval: true });
    const bound = (await start([made])).of(made);
    expect(bound).toMatchObject({ isIdempotent: true, definition: { name: 'Forecast-1' } });
    expect(bound.definition.parameters).toMatchObject({ type: 'object', properties: { city: { type: 'string' } } });
    expect(await bound.needsApproval({}, context)).toBe(true);
  });

  it('ignores an undecorated subclass of a tool', async () => {
    class Loud extends WeatherLookup {}
    const registry = await start([WeatherLookup, Loud, Stations]);
    expect(() => registry.of(Loud)).toThrow('Loud is no tool of this application');
  });

  it('explains the use of a tool before discovery', async () => {
    const core = GitlabDuoModule.forRoot({ apiKey: 'glpat-testtesttesttesttest' });
    app = await Test.createTestingModule({ imports: [core], providers: [WeatherLookup, Stations] }).compile();
    const registry = app.get(ToolRegistry, { strict: false });
    expect(() => registry.of(WeatherLookup)).toThrow('A test has to call app.init()');
    await app.init();
    expect(registry.of(WeatherLookup)).toBeDefined();
  });

  it('rejects a class that is not a provider, or not a tool', async () => {
    const registry = await start([Stations]);
    expect(() => registry.of(WeatherLookup)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining('providers') }),
    );
    expect(() => registry.of(Stations as unknown as Type<DuoTool>)).toThrow('Stations is no tool');
  });
});

describe('Tool discovery at startup', () => {
  it.each<[string, () => Type<DuoTool>, string]>([
    ['without execute', () => tool('Weather', {}, {}), 'it has no execute()'],
    ['with a bad name', () => tool('Weather', { name: 'get weather' }), '"get weather"'],
    ['with a long name', () => tool('A'.repeat(65)), 'at most 64'],
    ['without a name', () => tool(''), 'its name ""'],
    ['without a description', () => tool('Weather', { description: ' ' }), 'no description'],
    ['without parameters', () => tool('Weather', { parameters: undefined }), 'There is no schema'],
    [
      'with parameters that are no schema',
      () => tool('Weather', { parameters: { type: 'objekt' } }),
      'no valid JSON Schema',
    ],
    [
      'with an array of whatever',
      () => tool('Weather', { parameters: listing({ type: 'object', properties: { cities: { type: 'array' } } }) }),
      'an array at "list.cities"',
    ],
    [
      'with a choice that is one',
      () => tool('Weather', { parameters: listing({ anyOf: [{ type: 'string' }, { type: ['array', 'null'] }] }) }),
      'an array at "list.1"',
    ],
    ['whose parameters are no object', () => tool('Weather', { parameters: z.string() }), 'the type "string"'],
    ['whose parameters have no type', () => tool('Weather', { parameters: { city: 'string' } }), 'the type null'],
    [
      'whose parameters are a choice',
      () => tool('Weather', { parameters: { type: 'object', oneOf: [{ required: ['a'] }] } }),
      '"oneOf"',
    ],
    [
      'whose parameters are a constant',
      () => tool('Weather', { parameters: { type: 'object', const: {} } }),
      '"const" at their top, which Claude and GPT refuse',
    ],
    [
      // "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
      'with a parameter whose name Claude refuses',
      () => tool('Weather', { parameters: z.object({ 'filter[city]': z.string() }) }),
      'the property "filter[city]", whose name Claude refuses',
    ],
    [
      'with a parameter of a long name',
      () => tool('Weather', { parameters: z.object({ ['x'.repeat(65)]: z.string() }) }),
      'at most 64',
    ],
    ['without a time-out', () => tool('Weather', { timeout: 0 }), 'it is 0'],
    ['with too long a time-out', () => tool('Weather', { timeout: 3_600_001 }), 'from 1 to 3600000'],
    ['with another word for approval', () => tool('Weather', { requiresApproval: 'yes' as never }), 'requiresApproval'],
    ['with another word for idempotent', () => tool('Weather', { idempotent: 'no' as never }), 'its idempotent'],
    ['with half a time-out', () => tool('Weather', { timeout: NaN }), 'it is NaN'],
  ])('refuses a tool %s', async (_, make, reason) => {
    const made = make();
    const message = expect.stringMatching(new RegExp(`^The tool ${made.name} cannot work: `));
    await expect(start([made])).rejects.toMatchObject({ code: 'invalid_configuration', message });
    await expect(start([made])).rejects.toThrow(reason);
  });

  it('refuses two tools of one name', async () => {
    await expect(start([tool('HttpGet'), tool('HTTPGet')])).rejects.toThrow(
      'The tool HTTPGet cannot work: HttpGet has the name "http_get" too',
    );
  });

  it('refuses one tool in two modules, which would be two instances', async () => {
    const made = tool('Weather');
    @Module({ providers: [made] })
    class Other {}
    await expect(start([made], [Other])).rejects.toThrow('a provider of several modules');
  });

  it('refuses a request-scoped and a transient tool', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Session {}
    @Tool(described)
    class NeedsSession {
      constructor(readonly session: Session) {}
      execute(): void {}
    }
    @Tool(described)
    class NeedsRequest {
      constructor(@Inject(REQUEST) readonly request: unknown) {}
      execute(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    @Tool(described)
    class ScopedAbove {
      execute(): void {}
    }
    @Tool(described)
    @Injectable({ scope: Scope.REQUEST })
    class ScopedBelow {
      execute(): void {}
    }
    @Tool(described)
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      execute(): void {}
    }
    for (const made of [NeedsSession, NeedsRequest, ScopedAbove, ScopedBelow]) {
      await expect(start([Session, made])).rejects.toThrow(`${made.name} cannot work: it is request-scoped`);
    }
    await expect(start([Transient])).rejects.toThrow('Transient cannot work: it is transient');
  });
});
