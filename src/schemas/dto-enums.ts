import { type JsonObject } from '../messages/json.interface.js';
import { type DtoPackages } from './dto-packages.js';
import { type Issue } from './standard-schema.interface.js';

/** The JSON Schema of what `@IsEnum()` was given; its values may be texts and numbers. */
export function enumSchema(entity: object): JsonObject {
  const values = enumValues(entity);
  const types = [...new Set(values.map((value) => typeof value))];
  return { type: types.length === 1 ? (types[0] as string) : types, enum: values };
}

/** Where a valid instance has the name of a number instead of the number, which class-validator accepts. */
export function enumIssues(instance: object, packages: DtoPackages, path: readonly string[] = []): Issue[] {
  const { getMetadataStorage, IS_ENUM, ValidationTypes } = packages.validator;
  const checks = getMetadataStorage().getTargetValidationMetadatas(instance.constructor, '', true, false);
  return checks.flatMap(({ name, type, propertyName, each, constraints }) => {
    const value: unknown = Reflect.get(instance, propertyName);
    const place = [...path, propertyName];
    if (type === ValidationTypes.NESTED_VALIDATION) {
      const nested = itemsOf(value, place).filter((item): item is [object, string[]] => item[0] instanceof Object);
      return nested.flatMap(([item, place]) => enumIssues(item, packages, place));
    }
    if (name !== IS_ENUM) return [];
    const [entity] = constraints as [object];
    const values: unknown[] = enumValues(entity);
    const names = Object.values(entity).filter((known) => !values.includes(known));
    const items: [unknown, string[]][] = each ? itemsOf(value, place) : [[value, place]];
    return items
      .filter(([item]) => names.includes(item))
      .map(([, path]) => ({ path, message: `must be one of the following values: ${values.join(', ')}` }));
  });
}

/** Without the names that the enum of TypeScript keeps for its numbers. */
function enumValues(entity: object): (string | number)[] {
  const values = entity as Record<string, string | number>;
  return Object.entries(values)
    .filter(([key, value]) => typeof value === 'number' || values[value] !== Number(key))
    .map(([, value]) => value);
}

/** A value, or all those of a collection, and where they are. */
function itemsOf(value: unknown, place: string[]): [unknown, string[]][] {
  if (value instanceof Map) return [...value].map(([key, item]) => [item, [...place, String(key)]]);
  const isList = Array.isArray(value) || value instanceof Set;
  return isList
    ? Array.from(value as Iterable<unknown>, (item, index) => [item, [...place, `${index}`]])
    : [[value, place]];
}
