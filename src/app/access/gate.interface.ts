import { type FastifyRequest } from 'fastify';

/** Lets requests in, or not. */
export interface Gate {
  /**
   * The owner whose chats the request may reach.
   * @throws UnauthorizedException, ForbiddenException, RateLimitError
   */
  ownerOf(request: FastifyRequest): string;
}
