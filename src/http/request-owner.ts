import { type OwnerResolver } from './owner-resolver.interface.js';

/** Whose chats a request reaches: those that the host's resolver names or, where there is none, those without an owner. */
export class RequestOwner {
  constructor(private readonly resolver?: OwnerResolver) {}

  /** @throws TypeError for an answer that is neither an owner nor `null`: taken for no owner, it would open what is not the caller's */
  async resolve(request: unknown): Promise<string | null> {
    if (this.resolver === undefined) return null;
    const owner: unknown = await this.resolver.resolve(request);
    if (owner === null || (typeof owner === 'string' && owner.trim() !== '')) return owner;
    throw new TypeError(
      `${this.resolver.constructor.name}.resolve() must name the owner by a string that is not empty, or return null for chats without an owner; it returned ${kindOf(owner)}. Where nobody is signed in, let it throw an UnauthorizedException.`,
    );
  }
}

/** The value itself may be anybody's. */
function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'an empty one';
  return value === undefined ? 'undefined' : `a value of the type ${typeof value}`;
}
