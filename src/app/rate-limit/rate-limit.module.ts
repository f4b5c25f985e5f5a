import { type DynamicModule, type ExecutionContext, Module } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { CallsModel } from '../../http/calls-model.decorator.js';
import { OwnerThrottlerGuard } from './owner-throttler.guard.js';
import { type RateLimits } from './rate-limits.interface.js';

const MINUTE_MS = 60_000;

/** Limits what each owner may call, over any minute. */
@Module({})
export class RateLimitModule {
  /** @param access the module of the authentication, which tells owners apart */
  static register({ calls, asks }: RateLimits, access: DynamicModule): DynamicModule {
    // Without a time of blocking a call is let in as soon as a minute has passed since the one that it replaces.
    const minute = { ttl: MINUTE_MS, blockDuration: 0 };
    const throttlers = [
      { ...minute, name: 'calls', limit: calls },
      { ...minute, name: 'asks', limit: asks, skipIf: asksNothing },
    ].filter(({ limit }) => limit > 0);
    return {
      module: RateLimitModule,
      imports: [ThrottlerModule.forRoot({ throttlers, setHeaders: false }), access],
      providers: throttlers.length > 0 ? [{ provide: APP_GUARD, useClass: OwnerThrottlerGuard }] : [],
    };
  }
}

const reflector = new Reflector();

function asksNothing(context: ExecutionContext): boolean {
  return reflector.get(CallsModel, context.getHandler()) === undefined;
}
