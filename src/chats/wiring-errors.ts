import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DynamicModule, type FactoryProvider, type InjectionToken, Logger, type Provider } from '@nestjs/common';
import { type ModulesContainer } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigurationError } from '../errors/request.errors.js';

/** The token under which TypeOrmModule keeps its options; its package does not export it. */
const TYPEORM_OPTIONS = 'TypeOrmModuleOptions';

/** A dependency of a factory that may be missing, so that our error, not Nest's, says what to do. */
export function optional(token: InjectionToken): { token: InjectionToken; optional: true } {
  return { token, optional: true };
}

/**
 * Fails the start. Nest 11 also reports a dependency that failed to start, such as a data source, as missing: the error of
 * that failure must come first.
 */
async function failAfterOthers(error: ConfigurationError): Promise<never> {
  await nextTurn();
  throw error;
}

/** Fails the start of a kind of chat without the core module. */
export function failWithoutCore(chats: string): Promise<never> {
  return failAfterOthers(
    new ConfigurationError(
      `GitlabDuoModule.forFeature([${chats}]) needs the core. Import GitlabDuoModule.forRoot() in the root module; with isGlobal: false, beside each forFeature().`,
    ),
  );
}

/** Fails the start of a kind of chat without a data source. */
export function failWithoutDataSource(chats: string, dataSource: string | undefined): Promise<never> {
  const [called, option] = dataSource === undefined ? ['', ''] : [` "${dataSource}"`, `, name: '${dataSource}'`];
  return failAfterOthers(
    new ConfigurationError(
      `GitlabDuoModule.forFeature([${chats}]) needs the data source${called} of TypeORM. Import TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, autoLoadEntities: true${option} }) in the root module.`,
    ),
  );
}

/** TypeORM's module of repositories, with an error that says what to do when its data source is missing. */
export function withDataSource(module: DynamicModule, chats: string, dataSource: string | undefined): DynamicModule {
  const source = getDataSourceToken(dataSource);
  const checked = (provider: Provider): Provider => {
    if (!isFactory(provider) || !provider.inject?.includes(source)) return provider;
    const useFactory = (...injected: unknown[]): unknown =>
      injected.includes(undefined) ? failWithoutDataSource(chats, dataSource) : provider.useFactory(...injected);
    const inject = provider.inject.map((token) => (token === source ? optional(source) : token));
    return { ...provider, useFactory, inject };
  };
  return { ...module, providers: module.providers?.map(checked) };
}

const PG_VARIABLES = ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE'];
const PLACES = ['host', 'port', 'username', 'password', 'database', 'replication', 'extra'] as const;

/**
 * Checks that options of a data source do not have an unset variable as their `url`. pg would connect to its defaults, and
 * fail with words that name neither the option nor the variable.
 * @throws ConfigurationError
 */
export function checkDatabaseUrl(options: unknown): void {
  const given = (options ?? {}) as Partial<Record<'type' | 'url' | (typeof PLACES)[number], unknown>>;
  if (given.type !== 'postgres' || !('url' in given) || (given.url ?? '') !== '') return;
  if (PLACES.some((place) => given[place] !== undefined)) return;
  if (PG_VARIABLES.some((name) => process.env[name] !== undefined)) return;
  throw new ConfigurationError(
    'The data source of TypeORM has no url: is DATABASE_URL unset? Set it, such as DATABASE_URL=postgres://user:password@localhost:5432/app, before the options are read. For the defaults of pg, leave url out.',
  );
}

/** Checks the options of `TypeOrmModule.forRoot()` before anything connects; those of a factory are not known by then. */
export function checkDatabaseUrls(modules: ModulesContainer): void {
  for (const { providers } of modules.values()) {
    try {
      checkDatabaseUrl(providers.get(TYPEORM_OPTIONS)?.instance);
    } catch (error) {
      // The error of the failed connection may be thrown first.
      new Logger('GitlabDuoModule').error((error as Error).message);
      throw error;
    }
  }
}

function isFactory(provider: Provider): provider is FactoryProvider<unknown> {
  return 'useFactory' in provider;
}
