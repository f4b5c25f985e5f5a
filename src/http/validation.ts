import { ValidationPipe, type ValidationError as FieldError } from '@nestjs/common';
import { ValidationError } from '../errors/request.errors.js';

/** Checks bodies and queries against their DTOs; unknown fields are refused. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => new ValidationError(errors.flatMap((error) => complaints(error, '')).join('; ')),
  });
}

function complaints(error: FieldError, parent: string): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((constraint) =>
    parent === '' ? constraint : `${parent}: ${constraint}`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => complaints(child, path))];
}
