import { Type } from 'class-transformer';
import { IsNumber, IsString } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { z } from 'zod';
import {
  type DuoTool,
  type JsonObject,
  type JsonValue,
  Tool,
  type ToolContext,
  type ToolFiles,
  type ToolInput,
  toolFiles,
  type ToolOptions,
} from '../../../src/index.js';
import { toolOptions } from '../../../src/tools/tool.decorator.js';

class Place {
  @IsString()
  city!: string;

  @IsNumber()
  @Type(() => Number)
  days!: number;
}

const zod = z.object({ city: z.string(), days: z.string().transform(Number) });
const ark = type({ city: 'string', days: 'number' });
const description = 'x';

class Fits {
  execute(input: { city: string; days: number }): number {
    return input.days;
  }
}
class FitsLess {
  execute(): void {}
}
class WantsText {
  execute(input: { days: string }): string {
    return input.days;
  }
}
class WantsMore {
  execute(input: { city: string; country: string }): string {
    return input.country;
  }
}

type Is<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

/** Only compiles where the first type is exactly the second. */
function expectSame<Left, Right>(..._same: Is<Left, Right> extends true ? [] : [never]): void {}

// What TypeScript says of these is checked with all the code: an error that is expected and does not come is one.
describe('Types of @Tool()', () => {
  it('accept a class whose input matches its parameters', () => {
    const fitting = [Tool({ description, parameters: zod }), Tool({ description, parameters: ark })];
    for (const decorate of [...fitting, Tool({ description, parameters: Place })]) {
      decorate(Fits);
      decorate(FitsLess);
      // @ts-expect-error days is a number
      decorate(WantsText);
      // @ts-expect-error there is no country
      decorate(WantsMore);
      // @ts-expect-error there is no execute
      decorate(Place);
    }
    expect(toolOptions(Fits)).toEqual({ description, parameters: Place });
  });

  it('accept any class for a plain JSON Schema, which has no type', () => {
    const decorate = Tool({ description, parameters: { type: 'object' } });
    decorate(Fits);
    decorate(WantsText);
    expect(toolOptions(WantsText)).toEqual({ description, parameters: { type: 'object' } });
  });

  it('accept progress and answers of any interface', () => {
    interface Progress {
      percent: number;
      since?: Date;
    }
    class Reporting {
      execute(_input: unknown, { emit }: ToolContext): ToolFiles {
        const progress: Progress = { percent: 1 };
        emit(progress);
        return toolFiles(progress, []);
      }
    }
    Tool({ description, parameters: zod })(Reporting);
    const told: unknown[] = [];
    new Reporting().execute({}, { emit: (data) => told.push(data) } as Partial<ToolContext> as ToolContext);
    expect(told).toEqual([{ percent: 1 }]);
  });

  it('type the input of requiresApproval', () => {
    const options: ToolOptions<{ city: string; days: number }> = {
      description,
      parameters: zod,
      requiresApproval: ({ days }) => days > 3,
    };
    Tool(options)(Fits);
    Tool({ description, parameters: zod, requiresApproval: ({ days }) => days > 3 })(Fits);
    // @ts-expect-error there is no country
    Tool({ description, parameters: zod, requiresApproval: ({ country }) => country === 'IT' })(Fits);
    // @ts-expect-error a description is needed
    Tool({ parameters: zod })(Fits);
    expect(toolOptions(Fits)).toEqual({ parameters: zod });
  });

  it('infer the input of execute from a schema', () => {
    expectSame<ToolInput<typeof zod>, { city: string; days: number }>();
    expectSame<ToolInput<typeof ark>, { city: string; days: number }>();
    expectSame<ToolInput<typeof Place>, Place>();
    expectSame<ToolInput<{ type: string; city: string }>, { type: string; city: string }>();
    expectSame<ToolInput<JsonObject>, JsonObject>();
    expectSame<ToolInput<unknown>, unknown>();
    // @ts-expect-error days is a number
    expectSame<ToolInput<typeof zod>, { city: string; days: string }>();

    @Tool({ description, parameters: zod })
    class Inferred implements DuoTool<typeof zod> {
      execute({ city, days }: ToolInput<typeof zod>): string {
        return city + days.toFixed();
      }
    }
    class Dto implements DuoTool<typeof Place> {
      execute({ city, days }: ToolInput<typeof Place>): string {
        return city + days.toFixed();
      }
    }
    class Plain implements DuoTool<{ city: string }> {
      execute({ city }: { city: string }): string {
        return city;
      }
    }
    class Wrong implements DuoTool<typeof zod> {
      // @ts-expect-error days is a number
      execute({ days }: { days: string }): string {
        return days;
      }
    }
    class Missing implements DuoTool<typeof zod> {
      execute(input: ToolInput<typeof zod>): unknown {
        // @ts-expect-error there is no country
        return input.country;
      }
    }
    expect([Inferred, Dto, Plain, Wrong, Missing].map(toolOptions)[0]).toEqual({ description, parameters: zod });
  });

  it('infer the input of execute from a JSON Schema written as const', () => {
    const trip = {
      type: 'object',
      properties: {
        city: { type: 'string', minLength: 1 },
        days: { type: 'integer' },
        budget: { type: ['number', 'null'] },
        guided: { type: 'boolean' },
        kind: { enum: ['work', 'holiday'] },
        version: { const: 1 },
        stops: { type: 'array', items: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } },
        note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        pair: { type: 'array', prefixItems: [{ type: 'string' }], items: false },
        extra: { $ref: '#/properties/city' },
        free: { type: 'object' },
      },
      required: ['city', 'budget', 'kind', 'stops'],
    } as const;
    interface Trip {
      city: string;
      budget: number | null;
      kind: 'work' | 'holiday';
      stops: { at: string }[];
      days?: number;
      guided?: boolean;
      version?: 1;
      note?: string | null;
      pair?: JsonValue[];
      extra?: JsonValue;
      free?: JsonObject;
    }
    expectSame<ToolInput<typeof trip>, { [Key in keyof Trip]: Trip[Key] }>();

    const open = { type: 'object', additionalProperties: { type: 'number' } } as const;
    const widened = { type: 'object', properties: { city: { type: 'string' } } };
    expectSame<ToolInput<typeof open>, JsonObject>();
    expectSame<ToolInput<typeof widened>, JsonObject>();

    @Tool({ description, parameters: trip })
    class Planner implements DuoTool<typeof trip> {
      execute({ city, stops, days }: ToolInput<typeof trip>): string {
        // @ts-expect-error days may be missing
        days.toFixed();
        return city + stops.map(({ at }) => at).join();
      }
    }
    class Wrong implements DuoTool<typeof trip> {
      // @ts-expect-error city is a text
      execute({ city }: { city: number }): number {
        return city;
      }
    }
    expect([Planner, Wrong].map(toolOptions)[0]).toEqual({ description, parameters: trip });
    expect([open, widened].map((schema) => schema.type)).toEqual(['object', 'object']);
  });
});
