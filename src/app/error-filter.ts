import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import { type HttpRequest } from '../http/http.interface.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { OpenAiErrorFilter } from '../openai/openai-error.filter.js';

/** Where the server has OpenAI's API. */
export const OPENAI_PATH = 'v1';

/** Answers what fails before a route is found in the shape of the API that its path belongs to. */
@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly problems: ProblemFilter,
    private readonly openAi: OpenAiErrorFilter,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { url } = host.switchToHttp().getRequest<HttpRequest>();
    const filter = isOpenAiPath(url) ? this.openAi : this.problems;
    filter.catch(error, host);
  }
}

/** Whether an address is one of OpenAI's API. */
export function isOpenAiPath(url = ''): boolean {
  return /^\/v1(?:[/?]|$)/i.test(url);
}
