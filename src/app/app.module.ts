import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { createDuoDataSource } from '../chats/store/connection-guard.js';
import { Chat } from '../chats/chat.entity.js';
import { type GitlabDuoModuleOptions } from '../config/gitlab-duo-options.interface.js';
import { GitlabDuoModule } from '../gitlab-duo.module.js';
import { GitlabDuoHttpModule } from '../http/gitlab-duo-http.module.js';
import { ModelsController } from '../http/models.controller.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { GitlabDuoUiModule } from '../ui/gitlab-duo-ui.module.js';
import { DemonstrationModule } from './demonstration/demonstration.module.js';
import { GitlabDuoOpenAiModule } from '../openai/gitlab-duo-openai.module.js';
import { OpenAiErrorFilter } from '../openai/openai-error.filter.js';
import { ErrorFilter, OPENAI_PATH } from './error-filter.js';
import { HealthController } from './health.controller.js';
import { RateLimitModule } from './rate-limit/rate-limit.module.js';
import { type RateLimits } from './rate-limit/rate-limits.interface.js';
import { AccessModule } from './access/access.module.js';
import { type ApiKey } from './access/api-keys.js';
import { AuthenticatedOwnerResolver } from './access/authenticated-owner.resolver.js';

/** What the server runs on. */
export interface AppOptions {
  databaseUrl: string;
  /** Migrations to run at startup: classes, or a glob of files. */
  migrations: NonNullable<TypeOrmModuleOptions['migrations']>;
  gitlab: GitlabDuoModuleOptions;
  /** Without any, this machine alone gets in, as the owner `local`. */
  apiKeys?: readonly ApiKey[];
  rateLimits?: RateLimits;
  /** Whether clients may create chats of the agent `demonstration`, which has tools to try. */
  hasDemonstration?: boolean;
}

/** The server: chats over HTTP, kept in PostgreSQL. */
@Module({})
export class AppModule {
  static register(options: AppOptions): DynamicModule {
    const { databaseUrl, migrations, gitlab, apiKeys = [], rateLimits, hasDemonstration = false } = options;
    const access = AccessModule.register(apiKeys);
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres',
            url: databaseUrl,
            autoLoadEntities: true,
            migrations,
            migrationsRun: true,
            retryAttempts: 3,
            retryDelay: 1_000,
            applicationName: 'nestjs-gitlab-duo',
            extra: { max: 20, connectionTimeoutMillis: 10_000 },
          }),
          dataSourceFactory: createDuoDataSource,
        }),
        TerminusModule,
        GitlabDuoModule.forRoot(gitlab),
        access,
        ...(hasDemonstration ? [DemonstrationModule] : []),
        ...(rateLimits ? [RateLimitModule.register(rateLimits, access)] : []),
        GitlabDuoHttpModule.register({ chat: Chat, owner: AuthenticatedOwnerResolver, imports: [access] }),
        GitlabDuoUiModule.register({ chat: Chat, owner: AuthenticatedOwnerResolver, imports: [access] }),
        GitlabDuoOpenAiModule.register({ path: OPENAI_PATH, owner: AuthenticatedOwnerResolver, imports: [access] }),
      ],
      controllers: [ModelsController, HealthController],
      providers: [ProblemFilter, OpenAiErrorFilter, { provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
