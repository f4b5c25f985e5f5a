import { type JsonObject } from '../messages/json.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { isInGrammar, type SchemaGrammar } from './schema-grammar.js';

/** OpenAI's strict mode, which guarantees what it takes. */
const strictMode: SchemaGrammar = {
  keywords: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minItems', 'maxItems'],
  isComplete: true,
  isRecursive: true,
};

/** The format of an answer as OpenAI's APIs know it: strict where they take the schema so, else a wish. */
export function jsonFormat({ outputSchema: schema }: ModelRequest): JsonObject | undefined {
  return schema && { name: 'answer', schema, strict: isInGrammar(schema, strictMode) };
}
