import { type DynamicModule, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyAdapter } from '@nestjs/platform-fastify';
import { KnownSecrets } from '../../gateway/secret-redactor.js';
import { type ApiKey, ApiKeys } from './api-keys.js';
import { Authentication } from './authentication.service.js';
import { KeyGate } from './key-gate.js';
import { LocalGate } from './local-gate.js';

/** Who gets in: the owners of the keys or, where there are none, this machine. */
@Module({})
export class AccessModule {
  static register(keys: readonly ApiKey[]): DynamicModule {
    return {
      module: AccessModule,
      providers: [
        {
          provide: Authentication,
          useFactory: (adapterHost: HttpAdapterHost<FastifyAdapter>, secrets: KnownSecrets) => {
            for (const { key } of keys) secrets.keepAlways(key);
            return new Authentication(adapterHost, keys.length > 0 ? new KeyGate(new ApiKeys(keys)) : new LocalGate());
          },
          inject: [HttpAdapterHost, KnownSecrets],
        },
      ],
      exports: [Authentication],
    };
  }
}
