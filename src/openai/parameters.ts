import { isObject } from '../messages/is-object.js';
import { ParamError } from './param.error.js';

/** The parameters that are read. */
const READ = new Set(
  'model,messages,stream,stream_options,tools,tool_choice,parallel_tool_calls,response_format,stop,max_tokens,max_completion_tokens,reasoning_effort,temperature,top_p'.split(
    ',',
  ),
);

const isZero = (value: unknown): boolean => value === 0;
const isFalse = (value: unknown): boolean => value === false;
const isAny = (): boolean => true;
const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;
const isWord =
  (...words: string[]) =>
  (value: unknown): boolean =>
    words.includes(value as string);

/** The parameters that are not read, with the values that change no meaning. */
const SILENT = new Map<string, (value: unknown) => boolean>([
  ['n', (value) => value === 1],
  ['frequency_penalty', isZero],
  ['presence_penalty', isZero],
  ['seed', isAny],
  ['user', isAny],
  ['safety_identifier', isAny],
  ['prompt_cache_key', isAny],
  ['prompt_cache_retention', isAny],
  ['metadata', isAny],
  ['store', isFalse],
  ['logprobs', isFalse],
  ['top_logprobs', isZero],
  ['logit_bias', isEmpty],
  ['service_tier', isWord('auto', 'default')],
  ['verbosity', isWord('medium')],
  ['modalities', (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text'],
]);
/** Those that only say what happens anyway. */
const HONOURED = new Set(['n', 'modalities', 'logprobs', 'top_logprobs']);

/** Parameters of OpenAI's API that have no counterpart here. */
const UNSUPPORTED = ['audio', 'prediction', 'web_search_options', 'functions', 'function_call', 'moderation'];

/**
 * Looks at the parameters that are not read.
 * @param ignored takes the names of those that are left out
 * @throws ParamError for one that cannot be honoured
 */
export function checkParameters(body: Record<string, unknown>, ignored: Set<string>): void {
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || value === null || value === undefined) continue;
    const isSilent = SILENT.get(name);
    if (isSilent?.(value)) {
      if (!HONOURED.has(name)) ignored.add(name);
    } else if (isSilent) {
      throw new ParamError(
        name,
        `${name} cannot be ${JSON.stringify(value).slice(0, 100)} here: leave it out.`,
        'unsupported_value',
      );
    } else if (UNSUPPORTED.includes(name)) {
      throw new ParamError(name, `${name} is not supported here: leave it out.`, 'unsupported_parameter');
    } else {
      throw new ParamError(name, `Unknown parameter: ${name}.`, 'unknown_parameter');
    }
  }
}
