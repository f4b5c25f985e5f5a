import { type Type } from '@nestjs/common';
import { type ValidationError } from 'class-validator';
import { type ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { type JsonObject } from '../messages/json.interface.js';
import { dtoClasses } from './dto-classes.js';
import { enumIssues, enumSchema } from './dto-enums.js';
import { type DtoPackages, dtoPackages } from './dto-packages.js';
import { mustBeJsonSchema } from './json-schema.js';
import { plainSchema } from './plain-schema.js';
import { describeIssues } from './describe-issues.js';
import { type Schema } from './schema.interface.js';
import { type Issue } from './standard-schema.interface.js';
import { isObject } from '../messages/is-object.js';

/** @throws ConfigurationError when the class says nothing of its fields, or a package is missing that DTO classes need */
export function fromDto(dto: Type): Schema {
  const packages = dtoPackages(dto.name);
  const { transformer, validator } = packages;
  const jsonSchema = plainSchema(() => jsonSchemaOf(dto, packages));
  mustBeJsonSchema(jsonSchema);
  return {
    jsonSchema,
    async validate(value) {
      if (!isObject(value)) return { problem: 'must be object' };
      const instance = transformer.plainToInstance(dto, value) as object;
      const errors = await validator.validate(instance, { whitelist: true, forbidUnknownValues: true });
      const issues = errors.length === 0 ? enumIssues(instance, packages) : issuesOf(errors);
      return issues.length === 0 ? { value: instance } : { problem: describeIssues(issues, value) };
    },
  };
}

/** One schema for each class, never for all of the application at once: the converter merges those of one name. */
function jsonSchemaOf(dto: Type, packages: DtoPackages): JsonObject {
  const options = {
    refPointerPrefix: '#/$defs/',
    classTransformerMetadataStorage: packages.types,
    additionalConverters: {
      [packages.validator.IS_ENUM]: ({ constraints }: ValidationMetadata) => enumSchema(constraints[0] as object),
    },
  };
  const schemas = new Map(
    dtoClasses(dto, packages).map((one) => [
      one.name,
      packages.converter.targetConstructorToSchema(one, options) as JsonObject,
    ]),
  );
  const referred = referredNames([...schemas.values()]);
  const root = schemas.get(dto.name) ?? {};
  if (Object.keys(root.properties ?? {}).length === 0) {
    throw new ConfigurationError(
      `The class ${dto.name} has no field with a decorator of class-validator, such as @IsString().`,
    );
  }
  const unknown = referred.find((name) => !schemas.has(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `The fields of ${dto.name} lead to the type ${unknown}, which is no DTO class: say which one it is with @Type(() => …).`,
    );
  }
  const definitions = Object.fromEntries(referred.map((name) => [name, schemas.get(name) ?? {}]));
  return referred.length > 0 ? { ...root, $defs: definitions } : root;
}

function referredNames(schemas: object): string[] {
  const references = JSON.stringify(schemas).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g);
  return [...new Set(Array.from(references, ([, name = '']) => name))];
}

function issuesOf(errors: readonly ValidationError[], path: readonly string[] = []): Issue[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const place = [...path, property];
    return [...Object.values(constraints).map((message) => ({ path: place, message })), ...issuesOf(children, place)];
  });
}
