import { ConfigurationError, ValidationError } from '../errors/request.errors.js';
import { answerProblem } from '../schemas/object-schema.js';
import { type Schema, type SchemaSource } from '../schemas/schema.interface.js';
import { toSchema } from '../schemas/to-schema.js';

// Validators are compiled, and the same schema comes with ask after ask.
const known = new WeakMap<object, Schema>();

/**
 * The schema of an answer, ready for use, of a source that must not be changed any more.
 * @throws ValidationError when it is no schema, or not that of one object
 */
export function answerSchema(source: SchemaSource): Schema {
  const before = known.get(source);
  if (before) return before;
  const schema = usable(source);
  const problem = answerProblem(schema.jsonSchema);
  if (problem !== undefined) throw new ValidationError(problem);
  known.set(source, schema);
  return schema;
}

/** Gives an answer the value that its text stands for. Neither JSON nor a database sees it: they have the text. */
export function withParsed<M>(answer: M, parsed: unknown): M {
  if (parsed !== undefined) {
    Object.defineProperty(answer, 'parsed', { value: parsed, writable: true, configurable: true });
  }
  return answer;
}

function usable(source: SchemaSource): Schema {
  try {
    return toSchema(source);
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw new ValidationError(cause.message, { cause });
    throw cause;
  }
}
