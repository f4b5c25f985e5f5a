import { type Type } from '@nestjs/common';
import { ConfigurationError } from '../errors/request.errors.js';
import { type DtoPackages } from './dto-packages.js';

/**
 * A DTO class and those that its fields lead to.
 * @throws ConfigurationError when two of them have one name, which is all that tells their schemas apart
 */
export function dtoClasses(dto: Type, packages: DtoPackages): Type[] {
  const found = new Map<string, Type>();
  const pending = [dto];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const known = found.get(next.name);
    if (known === next) continue;
    if (known !== undefined) {
      throw new ConfigurationError(
        `The fields of ${dto.name} lead to two DTO classes of the name ${next.name}: rename one of them.`,
      );
    }
    found.set(next.name, next);
    pending.push(...nestedClasses(next, packages));
  }
  return [...found.values()];
}

function nestedClasses(dto: Type, { validator, types }: DtoPackages): Type[] {
  return validator
    .getMetadataStorage()
    .getTargetValidationMetadatas(dto, '', true, false)
    .filter(({ type }) => type === validator.ValidationTypes.NESTED_VALIDATION)
    .map(({ target, propertyName }) => nestedClass(target as Type, propertyName, types));
}

/** What `@Type()` says: without it, class-transformer makes no instance that could be validated. */
function nestedClass(dto: Type, property: string, types: DtoPackages['types']): Type {
  const declared = types.findTypeMetadata(dto, property) as { typeFunction(): unknown } | undefined;
  const type = declared?.typeFunction();
  if (typeof type === 'function') return type as Type;
  throw new ConfigurationError(
    `The field ${property} of ${dto.name} has @ValidateNested(), but not its class: add @Type(() => …).`,
  );
}
