import { Type } from 'class-transformer';
import { IsNumber, IsString } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { type } from 'arktype';
import { z } from 'zod';
import { Tool, type ToolContext, type ToolFiles, toolFiles, type ToolOptions } from '../../../src/index.js';
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
});
