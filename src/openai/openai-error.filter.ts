import { Catch } from '@nestjs/common';
import { type Problem } from '../errors/problem.js';
import { type HttpRequest } from '../http/http.interface.js';
import { ProblemFilter, type RenderedProblem } from '../http/problem.filter.js';
import { openAiFailure } from './openai-error.js';

/** Answers every error in the shape of OpenAI's API: `{ error: { message, type, param, code } }`. */
@Catch()
export class OpenAiErrorFilter extends ProblemFilter {
  protected override render(problem: Problem, _request: HttpRequest, error: unknown): RenderedProblem {
    const failure = openAiFailure(problem, error);
    return {
      type: 'application/json',
      status: failure.status,
      body: JSON.stringify({ error: failure.error }),
      // Clients try a 429 again by themselves, which cannot help where nothing is left to spend.
      headers: problem.code === 'insufficient_credits' ? { 'x-should-retry': 'false' } : {},
    };
  }
}
