import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Observable } from 'rxjs';
import { type HttpRequest } from './http.interface.js';
import { REQUEST_ID_HEADER, requestId } from './request-id.js';

/** Puts the request's id on the answer; `ProblemFilter` puts it on problems. */
@Injectable()
export class RequestIdInterceptor implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const id = requestId(http.getRequest<HttpRequest>());
    this.adapterHost.httpAdapter.setHeader(http.getResponse(), REQUEST_ID_HEADER, id);
    return next.handle();
  }
}
