import { describe, expect, it } from '@jest/globals';
import { IsEmail, IsInt, IsString, MaxLength } from 'class-validator';
import { Description, IsDto, Optional } from '../../../src/http/dto/decorators.js';
import { schemaFromDto } from '../../../src/http/openapi/schema-from-dto.js';

@Description('Where a person lives.')
class Address {
  @Description('With the number of the house.')
  @IsString()
  @MaxLength(200)
  street!: string;
}

class ForeignAddress extends Address {
  @Optional()
  @IsString()
  country?: string;
}

class Person {
  @IsDto(() => Address)
  home!: Address;

  @Optional()
  @IsDto(() => Address, { each: true })
  others?: Address[];
}

class Guest {
  @IsInt()
  @IsEmail()
  mail!: string;
}

const refTo = ({ name }: { name: string }) => ({ $ref: `#/${name}` });

describe('schemaFromDto', () => {
  it('reads the checks and the descriptions of fields', () => {
    expect(schemaFromDto(Address, refTo)).toEqual({
      type: 'object',
      description: 'Where a person lives.',
      properties: { street: { type: 'string', maxLength: 200, description: 'With the number of the house.' } },
      required: ['street'],
      additionalProperties: false,
    });
  });

  it('inherits fields with their descriptions, but not the description of the class', () => {
    expect(schemaFromDto(ForeignAddress, refTo)).toEqual({
      type: 'object',
      properties: {
        country: { type: 'string' },
        street: { type: 'string', maxLength: 200, description: 'With the number of the house.' },
      },
      required: ['street'],
      additionalProperties: false,
    });
  });

  it('references the schemas of other DTOs', () => {
    expect(schemaFromDto(Person, refTo)).toMatchObject({
      properties: { home: { $ref: '#/Address' }, others: { type: 'array', items: { $ref: '#/Address' } } },
      required: ['home'],
    });
  });

  it('refuses a check without a known JSON Schema', () => {
    expect(() => schemaFromDto(Guest, refTo)).toThrow('The check isEmail of the field mail has no JSON Schema.');
  });
});
