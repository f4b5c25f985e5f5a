import { Transform } from 'class-transformer';

/** JSON of the caller's own, taken as it is: what class-transformer makes of it lacks such keys as `toString`. */
export function PlainJson(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}
