import { ValidationError } from '../errors/request.errors.js';
import { checkKeyNames } from '../messages/key-names.js';
import { checkParamChanges } from '../messages/params.js';
import { sanitizeText } from '../messages/text.js';
import { type ChatChanges, type OwnerOption } from './duo-chat-service.interface.js';

export const MAX_EXTERNAL_ID_LENGTH = 255;

/**
 * The owner that a call is for: `null` for chats without an owner.
 * @throws ValidationError when it cannot be an owner
 */
export function ownerOf({ ownerId }: OwnerOption): string | null {
  if (ownerId === undefined || ownerId === null) return null;
  if (typeof ownerId === 'string' && !ownerId.includes('\0')) return ownerId;
  throw new ValidationError('ownerId must be a string without NUL, or null.');
}

/**
 * The host's or a client's own id of a chat, as it is stored; `null` for none.
 * @throws ValidationError when it cannot be one
 */
export function externalIdOf(externalId: unknown): string | null {
  if (externalId === undefined || externalId === null) return null;
  const id = typeof externalId === 'string' ? sanitizeText(externalId) : '';
  if (id !== '' && Array.from(id).length <= MAX_EXTERNAL_ID_LENGTH) return id;
  throw new ValidationError(`externalId must be a string of 1 to ${MAX_EXTERNAL_ID_LENGTH} characters.`);
}

/**
 * Checks values that TypeScript could not, such as a request body that a host passes on.
 * @throws ValidationError that names what is wrong
 */
export function checkChanges(changes: ChatChanges): void {
  if (!isObject(changes)) throw new ValidationError('The settings of a chat must be an object.');
  const { title, model, instructions, params, metadata } = changes;
  if (title !== null) mustBeText({ title });
  mustBeText({ model, instructions });
  if (metadata !== undefined && !isObject(metadata)) throw new ValidationError('metadata must be an object.');
  checkKeyNames(metadata, 'metadata');
  if (params !== undefined && typeof params !== 'function') checkParamChanges(params);
}

function mustBeText(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && typeof value !== 'string') throw new ValidationError(`${name} must be a string.`);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
