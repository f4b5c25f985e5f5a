import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerLimitDetail,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import { type FastifyRequest } from 'fastify';
import { RateLimitError } from '../../errors/upstream.errors.js';
import { Authentication } from '../access/authentication.service.js';

/** Counts what an owner calls, wherever the calls come from and whichever routes they go to; what is public is free. */
@Injectable()
export class OwnerThrottlerGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
    @Inject(Authentication) private readonly authentication: Authentication,
  ) {
    super(options, storage, reflector);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return Promise.resolve(this.authentication.ownerOf(request) === undefined);
  }

  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    return Promise.resolve(String(this.authentication.ownerOf(request as unknown as FastifyRequest)));
  }

  protected override generateKey(_context: ExecutionContext, owner: string, limitName: string): string {
    return `${limitName} ${owner}`;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new RateLimitError(
      `An owner may make ${limit} such calls a minute. Wait ${timeToBlockExpire} s, then make it again.`,
      { isRetryable: true, retryAfterMs: timeToBlockExpire * 1_000 },
    );
  }
}
