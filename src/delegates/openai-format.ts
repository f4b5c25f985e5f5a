import { type JsonObject } from '../messages/json.interface.js';
import { type SentRequest } from './delegate.interface.js';
import { openaiSchema } from './openai-schema.js';
import { openaiStrict } from './schema-dialects.js';
import { isInDialect } from './schema-grammar.js';

/** The format of an answer as both APIs of OpenAI know it. */
export interface JsonFormat extends JsonObject {
  name: string;
  schema: JsonObject;
  /** Whether it is enforced; else it is a wish. */
  strict: boolean;
}

/** The format of an answer: strict where OpenAI takes the schema so, else a wish. */
export function jsonFormat({ outputSchema, isSchemaRefused }: SentRequest): JsonFormat | undefined {
  if (outputSchema === undefined) return undefined;
  const schema = openaiSchema(outputSchema);
  return { name: 'answer', schema, strict: isSchemaRefused !== true && isInDialect(schema, openaiStrict) };
}
