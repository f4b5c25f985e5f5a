import { isMarked, mark } from '../conversation/signatures.js';
import { stringOf, type JsonObject } from '../json.js';
import { openaiError } from '../openai/errors.js';
import { Refusal, type Reply } from '../server/reply.js';
import { type Phase, PHASES } from './phases.js';

const STORED_ID = 'stored reasoning';
const PASSING_ID = 'reasoning';
const CONTENT = 'encrypted reasoning';
/** What encrypted contents begin with. */
const PREFIX = 'gAAAAA';

/** How reasoning comes back from a request. */
export interface ReasoningStyle {
  /** Whether the vendor keeps the response, so that its reasoning may be replayed by id alone. */
  isStored: boolean;
  /** Whether `include` asks for `reasoning.encrypted_content`. */
  isEncryptedIncluded: boolean;
  /** Whether `reasoning.summary` asks for a text. */
  isSummarised: boolean;
}

/** The item that carries what the model thought; `phase` is that of the message behind it, if there is one that has any. */
export function reasoningItem(hash: string, reasoning: string, style: ReasoningStyle, phase?: Phase): JsonObject {
  return {
    id: `rs_${mark(style.isStored ? STORED_ID : PASSING_ID, hash)}`,
    type: 'reasoning',
    summary: style.isSummarised ? [{ type: 'summary_text', text: reasoning }] : [],
    ...(style.isEncryptedIncluded && { encrypted_content: `${PREFIX}${mark(contentBefore(phase), hash)}` }),
  };
}

function contentBefore(phase: Phase | undefined): string {
  return phase === undefined ? CONTENT : `${CONTENT} before ${phase}`;
}

/** The phase of the message that was said behind a reasoning item; undefined where it is not known. */
export function sealedPhase({ encrypted_content: content }: JsonObject): Phase | undefined {
  return PHASES.find((phase) => isMarked(contentBefore(phase), markIn(content)));
}

function markIn(content: unknown): string {
  return stringOf(content).replace(PREFIX, '');
}

/** How the first reasoning among the items is refused. */
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
    if (isMarked(CONTENT, markIn(content)) || sealedPhase(item) !== undefined) return;
    throw new Refusal(unknownContent(id));
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
