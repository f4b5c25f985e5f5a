import { ValidationError } from '../errors/request.errors.js';

/** Why a parameter is refused, as OpenAI's API says it. */
export type ParamFault =
  'unsupported_parameter' | 'unsupported_value' | 'unknown_parameter' | 'missing_required_parameter' | 'invalid_value';

/** A parameter of a request that cannot be honoured. */
export class ParamError extends ValidationError {
  /**
   * @param param the parameter, by its path in the body, such as `messages[1].content`
   * @param fault the stable reason
   */
  constructor(
    readonly param: string,
    message: string,
    readonly fault: ParamFault = 'invalid_value',
  ) {
    super(message);
  }
}

/** Names the parameter of what fails in the work with one. */
export function forParam<T>(param: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ParamError || !(error instanceof ValidationError)) throw error;
    throw new ParamError(param, error.message);
  }
}
