import { ValidateBy, type ValidationArguments } from 'class-validator';

/** The field comes in place of another: both at once are refused. */
export function IsMutuallyExclusiveWith(other: string): PropertyDecorator {
  return ValidateBy({
    name: 'isInPlaceOf',
    validator: {
      validate: (_value: unknown, about?: ValidationArguments) =>
        (about?.object as Record<string, unknown> | undefined)?.[other] === undefined,
      defaultMessage: () => `$property comes in place of ${other}: give one of the two`,
    },
  });
}
