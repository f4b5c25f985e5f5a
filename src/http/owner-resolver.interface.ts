/**
 * Identifies who makes a request: the owner whose chats it can reach.
 * @example
 * @Injectable()
 * class SessionOwner implements OwnerResolver {
 *   constructor(private readonly sessions: Sessions) {}
 *
 *   async resolve(request: FastifyRequest): Promise<string> {
 *     const session = await this.sessions.of(request);
 *     if (session === undefined) throw new UnauthorizedException('Sign in first.');
 *     return session.userId;
 *   }
 * }
 * @publicApi
 */
export interface OwnerResolver {
  /**
   * Returns the owner's name, a non-empty string, or throws: Nest's exceptions keep their status. `null` stands for the
   * chats without an owner, which all such callers share.
   * @param request the platform's own request object, as guards see it
   */
  resolve(request: unknown): string | null | Promise<string | null>;
}
