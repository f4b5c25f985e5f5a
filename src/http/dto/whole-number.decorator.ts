import { Transform } from 'class-transformer';

/** Reads a whole number from a query; anything else stays as it is, for `IsInt` to refuse. */
export function WholeNumber(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value,
  );
}
