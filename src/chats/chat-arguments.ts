import { ValidationError } from '../errors/request.errors.js';
import { checkKeyNames } from '../messages/key-names.js';
import { checkParamChanges } from '../messages/params.js';
import { type ChatChanges, type OwnerOption } from './duo-chat-service.interface.js';

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
