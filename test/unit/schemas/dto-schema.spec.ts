import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsEnum, IsIn, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { toSchema } from '../../../src/schemas/to-schema.js';

class Item {
  @IsString()
  sku!: string;

  @IsOptional()
  @IsIn(['red', 'blue'])
  color?: string;
}

class Order {
  @IsInt()
  @Max(9)
  priority!: number;

  @ValidateNested()
  @Type(() => Item)
  main!: Item;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Item)
  items!: Item[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Order)
  parent?: Order;
}

enum Size {
  Small = 1,
  Large,
}
const unit = { ...Size, Other: 'other' } as const;

class Box {
  @IsEnum(Size)
  size!: Size;

  @IsOptional()
  @IsEnum(Size, { each: true })
  others?: Size[];

  @IsOptional()
  @IsEnum(unit)
  unit?: 1 | 2 | 'other';

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Box)
  inner?: Box[];
}

class RushOrder extends Order {
  @IsString()
  reason!: string;
}

const item = {
  type: 'object',
  properties: { sku: { type: 'string' }, color: { type: 'string', enum: ['red', 'blue'] } },
  required: ['sku'],
};
const order = {
  type: 'object',
  properties: {
    priority: { type: 'integer', maximum: 9 },
    main: { $ref: '#/$defs/Item' },
    items: { type: 'array', items: { $ref: '#/$defs/Item' } },
    parent: { $ref: '#/$defs/Order' },
  },
  required: ['priority', 'main', 'items'],
};

describe('A DTO class as a schema', () => {
  it('becomes a JSON Schema with exactly the classes that its fields reference', () => {
    expect(toSchema(Item).jsonSchema).toEqual(item);
    expect(toSchema(Order).jsonSchema).toEqual({ ...order, $defs: { Item: item, Order: order } });
  });

  it('becomes a JSON Schema with its inherited fields', () => {
    expect(toSchema(RushOrder).jsonSchema).toMatchObject({
      properties: { ...order.properties, reason: { type: 'string' } },
      required: expect.arrayContaining(['reason', 'priority']),
    });
  });

  it('creates instances, and drops unknown fields', async () => {
    const validated = await toSchema(Order).validate({
      priority: 1,
      main: { sku: 'a' },
      items: [{ sku: 'b', other: 1 }],
      other: 1,
      ['__proto__']: { polluted: true },
    });
    const { value } = validated as { value: Order };
    expect(value).toBeInstanceOf(Order);
    expect(value.main).toBeInstanceOf(Item);
    expect(value.items[0]).toBeInstanceOf(Item);
    expect(value).not.toHaveProperty('other');
    expect(value.items[0]).not.toHaveProperty('other');
    expect({}).not.toHaveProperty('polluted');
  });

  it('accepts null for optional fields', async () => {
    const value = { size: 1, others: null, unit: null, inner: null };
    expect(await toSchema(Box).validate(value)).toEqual({ value });
  });

  it('lists the values of an enum, and accepts no other', async () => {
    const size = { type: 'number', enum: [1, 2] };
    expect(toSchema(Box).jsonSchema.properties).toMatchObject({
      size,
      others: { type: 'array', items: size },
      unit: { type: ['number', 'string'], enum: [1, 2, 'other'] },
    });
    const validate = (value: object) => toSchema(Box).validate(value);
    for (const value of [{ size: 1 }, { size: 2, unit: 'other', others: [2, 1], inner: [{ size: 1, unit: 1 }] }]) {
      expect(await validate(value)).toEqual({ value });
    }
    const large = 'must be one of the following values: 1, 2';
    expect(await validate({ size: 'Large' })).toEqual({ problem: `size: ${large}` });
    expect(await validate({ size: 1, others: [1, 'Large'] })).toEqual({ problem: `others[1]: ${large}` });
    expect(await validate({ size: 1, inner: [{ size: 'Large' }] })).toEqual({ problem: `inner[0].size: ${large}` });
    expect(await validate({ size: 1, unit: 'Small' })).toEqual({ problem: `unit: ${large}, other` });
    expect(await validate({ size: 3 })).toHaveProperty('problem', expect.stringContaining('size must be one of'));
  });

  it('names the path of an invalid field', async () => {
    const wrong = { priority: 10, main: { sku: 's' }, items: [{ sku: 'a' }, { sku: 5, color: 'hunter2' }] };
    const { problem = '' } = (await toSchema(Order).validate(wrong)) as { problem?: string };
    expect(problem).toContain('priority must not be greater than 9');
    expect(problem).toContain('items[1].sku: ');
    expect(problem).toContain('items[1].color: ');
    expect(problem).not.toContain('hunter2');
    expect(await toSchema(Order).validate('text')).toEqual({ problem: 'must be object' });
    expect(await toSchema(Order).validate([])).toEqual({ problem: 'must be object' });
  });

  it('is not merged with another class of the same name', () => {
    const one = toSchema(named('Same', 'left')).jsonSchema;
    const other = toSchema(named('Same', 'right')).jsonSchema;
    expect(Object.keys(one.properties ?? {})).toEqual(['left']);
    expect(Object.keys(other.properties ?? {})).toEqual(['right']);
  });

  it('is refused if it references two classes of one name', () => {
    const [left, right] = [named('Same', 'left'), named('Same', 'right')];
    class Both {
      @ValidateNested()
      @Type(() => left)
      first!: object;

      @ValidateNested()
      @Type(() => right)
      second!: object;
    }
    expect(() => toSchema(Both)).toThrow('two DTO classes of the name Same');
  });

  it('is refused if a field has no known type', () => {
    class Bare {
      city!: string;
    }
    class Untyped {
      @ValidateNested()
      item!: Item;
    }
    expect(() => toSchema(Bare)).toThrow('Bare has no field with a decorator');
    expect(() => toSchema(Untyped)).toThrow('The field item of Untyped has @ValidateNested(), but not its class');
  });
});

function named(name: string, field: string): new () => object {
  class Dto {
    declare id: string;
  }
  Object.defineProperty(Dto, 'name', { value: name });
  IsString()(Dto.prototype, field);
  return Dto;
}
