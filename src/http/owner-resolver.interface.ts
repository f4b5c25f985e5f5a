/**
 * Tells who makes a request: the owner whose chats it can reach.
 * @publicApi
 */
export interface OwnerResolver {
  /** @param request the platform's own request object, as guards see it */
  resolve(request: unknown): string | null | Promise<string | null>;
}
