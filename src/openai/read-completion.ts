import { EFFORTS } from '../messages/effort.js';
import { type ModelParams, type ModelRequest } from '../messages/model-request.interface.js';
import { MAX_TEMPERATURE, MAX_TOP_P } from '../messages/params.js';
import { sanitizeJson } from '../messages/text.js';
import { checkFilesFor } from '../models/file-fit.js';
import { type Model } from '../models/model.interface.js';
import { type ModelRegistry } from '../models/model-registry.js';
import { checkSchemas } from '../router/request-check.js';
import { countAt, flagAt, numberUpTo, objectAt, oneOf, optional, textAt } from './fields.js';
import { checkParameters } from './parameters.js';
import { forParam, ParamError } from './param.error.js';
import { readFormat } from './read-format.js';
import { readMessages } from './read-messages.js';
import { readTools } from './read-tools.js';

const MAX_STOPS = 4;

/** A request of a client, as the router takes it. */
export interface Completion {
  request: ModelRequest;
  /** Texts before which the answer ends; none of them is empty. */
  stop: readonly string[];
  isStreamed: boolean;
  hasUsage: boolean;
  /** The parameters that were left out. */
  ignored: ReadonlySet<string>;
}

/**
 * Reads the body of `POST /chat/completions`.
 * @throws ParamError for what cannot be honoured, UnknownModelError
 */
export function readCompletion(given: unknown, models: ModelRegistry): Completion {
  const body = sanitizeJson(objectAt(given, 'body'));
  const ignored = new Set<string>();
  for (const name of ['model', 'messages']) {
    if (body[name] === undefined || body[name] === null) {
      throw new ParamError(name, `Missing required parameter: ${name}.`, 'missing_required_parameter');
    }
  }
  checkParameters(body, ignored);
  const model = models.get(textAt(body.model, 'model'));
  const messages = readMessages(body.messages, ignored);
  const files = messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'file'));
  forParam('messages', () => {
    checkFilesFor(model, files);
  });
  const { tools, params } = readTools(body, ignored);
  const outputSchema = readFormat(body.response_format);
  forParam('tools', () => {
    checkSchemas({ model: model.id, messages, tools });
  });
  forParam('response_format', () => {
    checkSchemas({ model: model.id, messages, outputSchema });
  });
  const stop = readStop(body.stop);
  const isStreamed = optional(body.stream, 'stream', flagAt) ?? false;
  return {
    request: {
      model: model.id,
      messages,
      ...(tools.length > 0 && { tools }),
      ...(outputSchema && { outputSchema }),
      params: { ...params, ...readLimits(body, model, ignored), ...(stop.length > 0 && { stopSequences: stop }) },
    },
    stop,
    isStreamed,
    hasUsage: readStreamOptions(body.stream_options, isStreamed, ignored),
    ignored,
  };
}

function readLimits(body: Record<string, unknown>, model: Model, ignored: Set<string>): ModelParams {
  const effort = optional(body.reasoning_effort, 'reasoning_effort', oneOf(EFFORTS));
  const most = optional(body.max_completion_tokens, 'max_completion_tokens', countAt);
  const older = optional(body.max_tokens, 'max_tokens', countAt);
  const maxOutputTokens = most ?? older;
  const temperature = optional(body.temperature, 'temperature', numberUpTo(0, MAX_TEMPERATURE));
  const topP = optional(body.top_p, 'top_p', numberUpTo(0, MAX_TOP_P));
  if (most !== undefined && older !== undefined && most !== older) {
    throw new ParamError('max_tokens', 'max_tokens and max_completion_tokens differ: send one of them.');
  }
  const isSampled = model.sampling && (effort === undefined || effort === 'none');
  const isTopPTaken = isSampled && (temperature === undefined || model.vendor === 'openai');
  if (temperature !== undefined && !isSampled) ignored.add('temperature');
  if (topP !== undefined && !isTopPTaken) ignored.add('top_p');
  if (effort !== undefined && model.efforts.length === 0 && model.thinking === 'effort')
    ignored.add('reasoning_effort');
  return {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(effort !== undefined && { thinking: { effort } }),
    ...(temperature !== undefined && isSampled && { temperature }),
    ...(topP !== undefined && isTopPTaken && { topP }),
  };
}

function readStop(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const texts = Array.isArray(value) ? (value as unknown[]) : [value];
  if (texts.length > MAX_STOPS) throw new ParamError('stop', `stop must have at most ${MAX_STOPS} texts.`);
  return texts.map((text, index) => {
    const found = textAt(text, Array.isArray(value) ? `stop[${index}]` : 'stop');
    if (found === '') throw new ParamError('stop', 'stop must not have an empty text.');
    return found;
  });
}

function readStreamOptions(value: unknown, isStreamed: boolean, ignored: Set<string>): boolean {
  const options = optional(value, 'stream_options', objectAt);
  if (options === undefined) return false;
  if (!isStreamed) throw new ParamError('stream_options', 'stream_options needs stream: true.');
  const { include_usage: usage, include_obfuscation: obfuscation, ...others } = options;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new ParamError(`stream_options.${other}`, `Unknown parameter: stream_options.${other}.`, 'unknown_parameter');
  }
  if (obfuscation !== undefined) ignored.add('stream_options.include_obfuscation');
  return optional(usage, 'stream_options.include_usage', flagAt) ?? false;
}
