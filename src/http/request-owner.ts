import { type OwnerResolver } from './owner-resolver.interface.js';

/** Finds the owner whose chats a request can reach: the one that the host's resolver names, or null without one. */
export class RequestOwner {
  constructor(private readonly resolver?: OwnerResolver) {}

  /** @throws TypeError for a result that is neither an owner nor `null`: read as `null`, it would open chats of others */
  async resolve(request: unknown): Promise<string | null> {
    if (this.resolver === undefined) return null;
    const owner: unknown = await this.resolver.resolve(request);
    if (owner === null || (typeof owner === 'string' && owner.trim() !== '')) return owner;
    throw new TypeError(
      `${this.resolver.constructor.name}.resolve() must name the owner by a string that is not empty, or return null for chats without an owner; it returned ${kindOf(owner)}. If the caller is not signed in, throw an UnauthorizedException.`,
    );
  }
}

/** Describes a value without quoting it, because it may be private. */
function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'an empty one';
  return value === undefined ? 'undefined' : `a value of the type ${typeof value}`;
}
