import { ValidationPipe, type ValidationError as FieldError } from '@nestjs/common';
import { type GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { ValidationError } from '../errors/request.errors.js';
import { PayloadTooLargeError } from '../errors/upstream.errors.js';
import { SIZE_CONSTRAINT } from './dto/size.decorators.js';

/** Checks bodies and queries against their DTOs; unknown fields are refused. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: refusal,
  });
}

/** What is wrong, field by field; a body that is only too large is told apart. */
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
