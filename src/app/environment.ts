import { ConfigurationError } from '../errors/request.errors.js';

/** What the server reads from its environment; an empty variable counts as unset. */
export interface Environment {
  host: string;
  port: number;
  isProduction: boolean;
  /** Unset: an embedded database is started. */
  databaseUrl: string | undefined;
  /** Unset: the sandbox takes GitLab's place, unless `isProduction`. */
  gitlabToken: string | undefined;
  instanceUrl: string | undefined;
  gatewayUrl: string | undefined;
  gatewayPrefix: string | undefined;
  model: string | undefined;
}

/** @throws ConfigurationError for a value that cannot work */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const read = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const isProduction = read('NODE_ENV') === 'production';
  const gitlabToken = read('GITLAB_TOKEN');
  if (isProduction && gitlabToken === undefined) {
    throw new ConfigurationError(
      'NODE_ENV is production and GITLAB_TOKEN is not set. Set it to a GitLab token with the scope ai_features; the sandbox is for development only.',
    );
  }
  const databaseUrl = read('DATABASE_URL');
  if (isProduction && databaseUrl === undefined) {
    throw new ConfigurationError(
      'NODE_ENV is production and DATABASE_URL is not set. Set it to a PostgreSQL database; the embedded one is for development only.',
    );
  }
  return {
    host: read('HOST') ?? '127.0.0.1',
    port: portNumber(read('PORT') ?? '3000'),
    isProduction,
    databaseUrl,
    gitlabToken,
    instanceUrl: read('GITLAB_INSTANCE_URL'),
    gatewayUrl: read('GITLAB_GATEWAY_URL'),
    gatewayPrefix: read('GITLAB_GATEWAY_PREFIX'),
    model: read('GITLAB_DUO_MODEL'),
  };
}

function portNumber(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= 65_535) return port;
  throw new ConfigurationError(`PORT must be a number from 0 to 65535; it is ${JSON.stringify(value)}.`);
}
