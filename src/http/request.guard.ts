import { type CanActivate, type ExecutionContext, Injectable, UnsupportedMediaTypeException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ValidationError } from '../errors/request.errors.js';
import { checkKeyNames } from '../messages/key-names.js';
import { answerHeaders } from './answer-headers.js';
import { type HttpRequest } from './http.interface.js';
import { unsupportedBody } from './json-body.js';

/** Nesting depth of objects and arrays. Their readers recurse, and overflow the stack a few levels deeper. */
const MAX_LEVELS = 100;

/**
 * Sets the headers of every response (`ProblemFilter` sets them on problems), and refuses a body that is unsafe for pipes,
 * including the host's own. A form is not accepted as a body, even if the host parses it: any web page can submit one
 * with its visitor's cookies. It runs after the host's guards. It is no interceptor, since Nest passes the calls of a route
 * that has one through RxJS, which takes a tenth of the CPU of a short ask.
 */
@Injectable()
export class RequestGuard implements CanActivate {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** @throws ValidationError, UnsupportedMediaTypeException */
  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const response: unknown = http.getResponse();
    for (const [name, value] of answerHeaders(request)) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
    const unsupported = unsupportedBody(request.headers);
    if (unsupported !== undefined) throw new UnsupportedMediaTypeException(unsupported);
    if (request.body !== undefined) mustBeReadable(request.body);
    return true;
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
