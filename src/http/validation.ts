import { type ArgumentMetadata, ValidationPipe, type ValidationError as FieldError } from '@nestjs/common';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { ValidationError } from '../errors/request.errors.js';
import { PayloadTooLargeError } from '../errors/upstream.errors.js';
import { SIZE_CONSTRAINT } from './dto/size.decorators.js';
import { readTextFields } from './text-fields.js';

/** Checks bodies and queries against their DTOs; unknown fields are refused. */
export function validationPipe(): ValidationPipe {
  return new WholeValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: refusal,
  });
}

/** Rejects unknown keys that Nest's pipe would silently drop, such as `constructor`. */
class WholeValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype } = metadata;
    const read = type === 'body' && metatype !== undefined ? readTextFields(value, metatype) : undefined;
    if (read !== undefined) return read;
    const taken: unknown = await super.transform(value, metadata);
    const name = droppedKey(value, taken);
    if (name !== undefined) throw new ValidationError(`property ${name} should not exist`);
    return taken;
  }

  // Safe: only fields of the DTOs are read, and raw JSON may have any key.
  protected override stripProtoKeys(): void {
    return;
  }
}

/** The first key of the given value that the transformed one lacks. */
function droppedKey(given: unknown, taken: unknown): string | undefined {
  if (given === taken || !isObject(given) || !isObject(taken)) return undefined;
  for (const [key, value] of Object.entries(given)) {
    const within = Object.hasOwn(taken, key) ? droppedKey(value, taken[key]) : key;
    if (within !== undefined) return within;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Lists what is wrong, field by field. A body whose only fault is its size gets a PayloadTooLargeError. */
function refusal(errors: FieldError[]): GitlabDuoError {
  const complaints = errors.flatMap((error) => complaintsOf(error, ''));
  const detail = complaints.map(({ text }) => text).join('; ');
  const isTooLarge = complaints.length > 0 && complaints.every(({ constraint }) => constraint === SIZE_CONSTRAINT);
  return isTooLarge ? new PayloadTooLargeError(detail) : new ValidationError(detail);
}

interface Complaint {
  constraint: string;
  text: string;
}

function complaintsOf(error: FieldError, parent: string): Complaint[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, text]) => ({
    constraint,
    text: parent === '' ? text : `${parent}: ${text}`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => complaintsOf(child, path))];
}
