import { type Type } from '@nestjs/common';
import { getMetadataStorage, type ValidationArguments, ValidationTypes } from 'class-validator';
import { type ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';

/** How a field of a DTO is checked. */
interface Field {
  name: string;
  /** Whether the field has to be checked where it has no value. */
  isRequired: (body: object) => boolean;
  /** `undefined` for a field that these checks alone do not describe. */
  isValid: ((text: string, body: object) => boolean) | undefined;
}

const fieldsOf = new WeakMap<Type, ReadonlyMap<string, Field>>();

/**
 * Reads a body in which all fields are texts, as most are, and valid by the checks of their DTO: what the validation pipe
 * would return, at a tenth of its cost, which is 5% of a short ask. `undefined` for any other body: the pipe reads that,
 * and says what is wrong with it.
 */
export function readTextFields(body: unknown, dto: Type): object | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = fieldsOf.get(dto) ?? describe(dto);
  const values = body as Record<string, unknown>;
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (typeof value !== 'string' || fields.get(name)?.isValid?.(value, body) !== true) return undefined;
  }
  for (const { name, isRequired } of fields.values()) {
    if (values[name] === undefined && isRequired(body)) return undefined;
  }
  return Object.assign(new (dto as new () => object)(), body);
}

function describe(dto: Type): ReadonlyMap<string, Field> {
  const storage = getMetadataStorage();
  const checks = storage.groupByPropertyName(storage.getTargetValidationMetadatas(dto, '', false, false));
  const fields = new Map(Object.entries(checks).map(([name, ofField]) => [name, describeField(name, ofField)]));
  fieldsOf.set(dto, fields);
  return fields;
}

function describeField(name: string, checks: readonly ValidationMetadata[]): Field {
  const conditions = checks.filter(isCondition);
  const others = checks.filter((check) => !isCondition(check));
  const isExempt = (body: object, value: unknown): boolean =>
    conditions.some(({ constraints }) => !(constraints[0] as (body: object, value: unknown) => boolean)(body, value));
  const validators = others.map(validatorOf);
  const isDescribed = validators.every((validator) => validator !== undefined);
  return {
    name,
    isRequired: (body) => !isExempt(body, undefined),
    isValid: isDescribed
      ? (text, body) => isExempt(body, text) || validators.every((isValid) => isValid(text, body))
      : undefined,
  };
}

/** `undefined` for a check of what is in the field, or one that takes its time. */
function validatorOf(check: ValidationMetadata): ((value: string, body: object) => boolean) | undefined {
  const { type, each, constraints, constraintCls, propertyName: property, target } = check;
  const known = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  if (type !== ValidationTypes.CUSTOM_VALIDATION || each || known.some(({ async: isAsync }) => isAsync))
    return undefined;
  const targetName = typeof target === 'string' ? target : target.name;
  return (value, object) => {
    const about: ValidationArguments = { value, constraints, targetName, object, property };
    return known.every(({ instance }) => instance.validate(value, about) === true);
  };
}

function isCondition({ type }: ValidationMetadata): boolean {
  return type === ValidationTypes.CONDITIONAL_VALIDATION;
}
