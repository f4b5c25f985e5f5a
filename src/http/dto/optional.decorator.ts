import { ValidateIf } from 'class-validator';

/** The field may be left out; unlike with `IsOptional`, `null` does not count as left out. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_dto, value) => value !== undefined);
}
