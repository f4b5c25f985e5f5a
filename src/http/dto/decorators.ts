import 'reflect-metadata';
import { applyDecorators, type Type as Class } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { IS_BASE64, IsObject, ValidateBy, ValidateIf, ValidateNested, type ValidationArguments } from 'class-validator';
import { isBase64 } from '../../messages/base64.js';
import { type JsonObject } from '../../messages/json.interface.js';

/** What a check adds to its field in the OpenAPI document, if the name of the check does not say it. */
export interface CheckContext {
  /** The class of the objects in the field. */
  dto?: () => Class;
  /** Keywords of JSON Schema. */
  schema?: JsonObject;
  /** Whether the field may be `null`. */
  isNullable?: boolean;
  /** A sentence that follows the description of the field. */
  limit?: string;
}

const DESCRIPTION = Symbol('description');

/** Describes a DTO, or one of its fields, in the OpenAPI document. */
export function Description(text: string): ClassDecorator & PropertyDecorator {
  return Reflect.metadata(DESCRIPTION, text);
}

/** The `@Description()` of a DTO, or of one of its fields, own or inherited. */
export function descriptionOf(dto: Class, field?: string): string | undefined {
  const description: unknown =
    field === undefined
      ? Reflect.getOwnMetadata(DESCRIPTION, dto)
      : Reflect.getMetadata(DESCRIPTION, dto.prototype as object, field);
  return description as string | undefined;
}

/** The field may be left out, but may not be `null`. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_dto, value) => value !== undefined);
}

/** The field may be left out or `null`. */
export function OptionalOrNull(): PropertyDecorator {
  const context = { isNullable: true } satisfies CheckContext;
  return ValidateIf((_dto, value) => value !== undefined && value !== null, { context });
}

/** The field holds an object of another DTO class, or with `each` a list of them. */
export function IsDto(dto: () => Class, { each = false } = {}): PropertyDecorator {
  const context = { dto } satisfies CheckContext;
  // For ValidateNested an array is an object too.
  return applyDecorators(IsObject({ each, context }), ValidateNested({ each, context }), Type(dto));
}

/** The value is padded base64, of any size. */
export function IsFileData(): PropertyDecorator {
  return ValidateBy({
    name: IS_BASE64,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.length % 4 === 0 && isBase64(value),
      defaultMessage: () => '$property must be base64 encoded',
    },
  });
}

/** The field and another one exclude each other: a body with both is refused. */
export function IsMutuallyExclusiveWith(other: string): PropertyDecorator {
  const context = { schema: {} } satisfies CheckContext;
  return ValidateBy(
    {
      name: 'isMutuallyExclusiveWith',
      validator: {
        validate: (_value: unknown, about?: ValidationArguments) =>
          (about?.object as Record<string, unknown> | undefined)?.[other] === undefined,
        defaultMessage: () => `$property and ${other} exclude each other: give one of the two`,
      },
    },
    { context },
  );
}

/** Keeps arbitrary JSON as it was sent: class-transformer would drop keys such as `toString`. */
export function RawJson(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}

/** Converts a query parameter to an integer. Leaves anything else as it is, for `IsInt` to refuse. */
export function ToInteger(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value,
  );
}
