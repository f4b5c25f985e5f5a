import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { type Observable } from 'rxjs';
import { ValidationError } from '../errors/request.errors.js';
import { checkKeyNames } from '../messages/key-names.js';
import { type HttpRequest } from './http.interface.js';
import { unsupportedBody } from './json-body.js';

/** Nesting depth of objects and arrays. Their readers recurse, and overflow the stack a few levels deeper. */
const MAX_LEVELS = 100;
/**
 * Refuses a body that is unsafe for pipes, including the host's own. A form is not accepted as a body, even if the host
 * parses it: any web page can submit one with its visitor's cookies.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  /** @throws ValidationError, UnsupportedMediaTypeException */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers, body } = context.switchToHttp().getRequest<HttpRequest>();
    const unsupported = unsupportedBody(headers);
    if (unsupported !== undefined) throw new UnsupportedMediaTypeException(unsupported);
    if (body !== undefined) mustBeReadable(body);
    return next.handle();
  }
}

function mustBeReadable(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ValidationError('The body must be a JSON object.');
  }
  if (isDeeperThan(MAX_LEVELS, body)) {
    throw new ValidationError(`The body must not be nested deeper than ${MAX_LEVELS} levels.`);
  }
  checkKeyNames(body, 'The body');
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item));
}
