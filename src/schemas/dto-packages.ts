import type * as Transformer from 'class-transformer';
import { type MetadataStorage } from 'class-transformer/types/MetadataStorage.js';
import type * as Validator from 'class-validator';
import type * as Converter from 'class-validator-jsonschema';
import { createRequire } from 'node:module';
import { ConfigurationError } from '../errors/request.errors.js';
import { reasonOf } from './plain-schema.js';

/** The optional packages that DTO classes need. */
export interface DtoPackages {
  validator: typeof Validator;
  transformer: typeof Transformer;
  /** What `@Type()` said; the package does not export it. */
  types: MetadataStorage;
  converter: typeof Converter;
}

const load = createRequire(import.meta.url);

/**
 * Loads them, as late as the first DTO class is met.
 * @throws ConfigurationError when one is not installed
 */
export function dtoPackages(dto: string): DtoPackages {
  try {
    const { defaultMetadataStorage } = load('class-transformer/cjs/storage') as {
      defaultMetadataStorage: DtoPackages['types'];
    };
    return {
      validator: load('class-validator') as DtoPackages['validator'],
      transformer: load('class-transformer') as DtoPackages['transformer'],
      types: defaultMetadataStorage,
      converter: load('class-validator-jsonschema') as DtoPackages['converter'],
    };
  } catch (cause) {
    throw new ConfigurationError(
      `The DTO class ${dto} as a schema needs three packages: npm install class-validator class-transformer class-validator-jsonschema. ${reasonOf(cause)}`,
      { cause },
    );
  }
}
