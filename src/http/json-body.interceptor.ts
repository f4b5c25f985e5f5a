import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { type Observable } from 'rxjs';
import { ValidationError } from '../errors/request.errors.js';
import { type HttpRequest } from './http.interface.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
/** Of objects and arrays in one another: what reads them recurses, and overflows the stack some levels deeper. */
const MOST_LEVELS = 100;
/** By the one an object that is copied carelessly gets another prototype; the other TypeORM calls where it compares. */
const REFUSED_KEYS = ['__proto__', 'hasOwnProperty'];

/**
 * Refuses a body that must not come near any pipe, the host's own included. What a parser of the host's makes of a form is
 * no body: any web page can send one, with the cookies of whoever looks at it.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  /** @throws ValidationError, UnsupportedMediaTypeException */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers, body } = context.switchToHttp().getRequest<HttpRequest>();
    if (hasBody(headers) && !JSON_TYPE.test(headers['content-type'] ?? '')) {
      throw new UnsupportedMediaTypeException('The body must be JSON, with the content type application/json.');
    }
    if (body !== undefined) mustBeReadable(body);
    return next.handle();
  }
}

function hasBody(headers: HttpRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function mustBeReadable(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ValidationError('The body must be a JSON object.');
  }
  if (isDeeperThan(MOST_LEVELS, body)) {
    throw new ValidationError(`The body must not be nested deeper than ${MOST_LEVELS} levels.`);
  }
  const refused = REFUSED_KEYS.find((key) => hasKey(key, body));
  if (refused !== undefined) throw new ValidationError(`The body must not have a key named ${refused}.`);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item));
}

function hasKey(key: string, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, key) || Object.values(value).some((item) => hasKey(key, item));
}
