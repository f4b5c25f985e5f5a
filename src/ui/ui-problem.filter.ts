import { Catch } from '@nestjs/common';
import { type Problem } from '../errors/problem.js';
import { type HttpRequest } from '../http/http.interface.js';
import { ProblemFilter, type RenderedProblem } from '../http/problem.filter.js';

const NAMES_JSON = /\bapplication\/(?:\*|(?:problem\+)?json)/i;

/**
 * Answers an error as its detail alone, unless the client names JSON among what it accepts, or names nothing: clients of AI SDK make the
 * whole body the message of their error.
 */
@Catch()
export class UiProblemFilter extends ProblemFilter {
  protected override render(answer: Problem, request: HttpRequest, error: unknown): RenderedProblem {
    if (NAMES_JSON.test(request.headers.accept ?? 'application/json')) return super.render(answer, request, error);
    return { type: 'text/plain', body: answer.detail };
  }
}
