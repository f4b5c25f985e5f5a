import { Inject, Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type OwnerResolver } from '../../http/owner-resolver.interface.js';
import { Authentication } from './authentication.service.js';

/** The owner that the authentication has found. */
@Injectable()
export class AuthenticatedOwnerResolver implements OwnerResolver {
  constructor(@Inject(Authentication) private readonly authentication: Authentication) {}

  resolve(request: FastifyRequest): string {
    const owner = this.authentication.ownerOf(request);
    if (owner === undefined)
      throw new Error(`${request.routeOptions.url ?? ''} is public, so that its requests have no owner.`);
    return owner;
  }
}
