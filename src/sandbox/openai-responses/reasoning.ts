import { isMarked, mark } from '../conversation/seal.js';
import { stringOf, type JsonObject } from '../json.js';
import { openaiError, refuse } from '../openai/errors.js';
import { Refusal } from '../server/reply.js';

const STORED_ID = 'stored reasoning';
const PASSING_ID = 'reasoning';
const CONTENT = 'encrypted reasoning';

/** How reasoning comes back from a request. */
export interface ReasoningStyle {
  /** Whether the vendor keeps the response, so that its reasoning may be replayed by id alone. */
  isStored: boolean;
  /** Whether `include` asks for `reasoning.encrypted_content`. */
  isEncryptedIncluded: boolean;
  /** Whether `reasoning.summary` asks for a text. */
  isSummarised: boolean;
}

/** The item that carries what the model thought. */
export function reasoningItem(hash: string, reasoning: string, style: ReasoningStyle): JsonObject {
  return {
    id: `rs_${mark(style.isStored ? STORED_ID : PASSING_ID, hash)}`,
    type: 'reasoning',
    summary: style.isSummarised ? [{ type: 'summary_text', text: reasoning }] : [],
    ...(style.isEncryptedIncluded && { encrypted_content: `gAAAAA${mark(CONTENT, hash)}` }),
  };
}

/** Refuses a replayed reasoning item that this sandbox did not make. */
export function checkReasoning(item: JsonObject): void {
  const id = stringOf(item.id);
  const content = item.encrypted_content;
  if (content != null) {
    if (isMarked(CONTENT, stringOf(content).replace(/^gAAAAA/, ''))) return;
    refuse(
      `The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      null,
      'invalid_encrypted_content',
    );
  }
  if (isMarked(STORED_ID, id.replace(/^rs_/, ''))) return;
  throw new Refusal(
    openaiError(
      404,
      'invalid_request_error',
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      null,
      'input',
    ),
  );
}
