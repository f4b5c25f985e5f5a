import { hasSignature, appendSignature } from '../conversation/signatures.js';
import { stringOf, type JsonObject } from '../json.js';
import { openaiError } from '../openai/errors.js';
import { Refusal, type Reply } from '../server/reply.js';
import { type Phase, PHASES } from './phases.js';

const STORED_ID = 'stored reasoning';
const PASSING_ID = 'reasoning';
const CONTENT = 'encrypted reasoning';
/** The prefix of encrypted contents. */
const PREFIX = 'gAAAAA';

/** How a request wants its reasoning. */
export interface ReasoningStyle {
  /** Whether the vendor stores the response, so that a client may replay its reasoning by id alone. */
  isStored: boolean;
  /** Whether `include` asks for `reasoning.encrypted_content`. */
  isEncryptedIncluded: boolean;
  /** Whether `reasoning.summary` asks for a text. */
  isSummarised: boolean;
}

/** The reasoning item of an answer; `phase` is that of the message after it, if it has one. */
export function reasoningItem(hash: string, reasoning: string, style: ReasoningStyle, phase?: Phase): JsonObject {
  return {
    id: `rs_${appendSignature(style.isStored ? STORED_ID : PASSING_ID, hash)}`,
    type: 'reasoning',
    summary: style.isSummarised ? [{ type: 'summary_text', text: reasoning }] : [],
    ...(style.isEncryptedIncluded && { encrypted_content: `${PREFIX}${appendSignature(contentBefore(phase), hash)}` }),
  };
}

function contentBefore(phase: Phase | undefined): string {
  return phase === undefined ? CONTENT : `${CONTENT} before ${phase}`;
}

/** The phase of the message that followed a reasoning item; undefined if it is unknown. */
export function signedPhase({ encrypted_content: content }: JsonObject): Phase | undefined {
  return PHASES.find((phase) => hasSignature(contentBefore(phase), markIn(content)));
}

function markIn(content: unknown): string {
  return stringOf(content).replace(PREFIX, '');
}

/** The refusal of the first reasoning item. */
export function reasoningRefusal(items: readonly JsonObject[]): Reply | undefined {
  const item = items.find(({ type }) => type === 'reasoning');
  return item && unknownContent(stringOf(item.id));
}

function unknownContent(id: string): Reply {
  return openaiError(
    400,
    'invalid_request_error',
    `The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    'invalid_encrypted_content',
  );
}

/** Refuses a replayed reasoning item that this sandbox did not make. */
export function checkReasoning(item: JsonObject): void {
  const id = stringOf(item.id);
  const content = item.encrypted_content;
  if (content != null) {
    if (hasSignature(CONTENT, markIn(content)) || signedPhase(item) !== undefined) return;
    throw new Refusal(unknownContent(id));
  }
  if (hasSignature(STORED_ID, id.replace(/^rs_/, ''))) return;
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
