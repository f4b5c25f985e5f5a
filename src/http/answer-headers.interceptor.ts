import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Observable } from 'rxjs';
import { answerHeaders } from './answer-headers.js';
import { type HttpRequest } from './http.interface.js';

/** Sets the headers of every response; `ProblemFilter` sets them on problems. */
@Injectable()
export class AnswerHeadersInterceptor implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const response: unknown = http.getResponse();
    for (const [name, value] of answerHeaders(http.getRequest<HttpRequest>())) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
    return next.handle();
  }
}
