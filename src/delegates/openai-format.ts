import { type JsonObject } from '../messages/json.interface.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { openaiSchema } from './openai-schema.js';
import { openaiStrict } from './schema-dialects.js';
import { isInDialect } from './schema-grammar.js';

/** The format of an answer as OpenAI's APIs know it: strict where they take the schema so, else a wish. */
export function jsonFormat({ outputSchema }: ModelRequest): JsonObject | undefined {
  if (outputSchema === undefined) return undefined;
  const schema = openaiSchema(outputSchema);
  return { name: 'answer', schema, strict: isInDialect(schema, openaiStrict) };
}
