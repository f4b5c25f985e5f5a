import { ConfigurationError } from '../errors/request.errors.js';
import { type ApiKey, parseApiKeys } from './access/api-keys.js';
import { isLoopback } from './access/loopback.js';
import { parseProxies } from './access/proxies.js';
import { type RateLimits } from './rate-limit/rate-limits.interface.js';

/** Beyond it a limit costs more than it saves: each call of the last minute is remembered. */
const MOST_A_MINUTE = 10_000;

/** What the server reads from its environment; an empty variable counts as unset. */
export interface Environment {
  host: string;
  port: number;
  isProduction: boolean;
  /** Empty: no key is asked for, and `host` is an address of this machine alone. */
  apiKeys: ApiKey[];
  rateLimits: RateLimits;
  /** The proxies whose word on the address of a client counts. */
  trustProxy: string[];
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
  const host = read('HOST') ?? '127.0.0.1';
  const apiKeys = parseApiKeys(read('API_KEYS'));
  if (apiKeys.length === 0 && !isLoopback(host)) {
    throw new ConfigurationError(
      `HOST is ${JSON.stringify(host)}, where others than this machine may ask, and API_KEYS is not set. Set API_KEYS to owner:key pairs, or leave HOST unset.`,
    );
  }
  // Who is alone on the server needs no protection from others.
  const [calls, asks] = apiKeys.length > 0 ? ['600', '120'] : ['0', '0'];
  return {
    host,
    port: wholeNumber('PORT', read('PORT') ?? '3000', 65_535),
    isProduction,
    apiKeys,
    rateLimits: {
      calls: wholeNumber('RATE_LIMIT_PER_MINUTE', read('RATE_LIMIT_PER_MINUTE') ?? calls, MOST_A_MINUTE),
      asks: wholeNumber('ASK_LIMIT_PER_MINUTE', read('ASK_LIMIT_PER_MINUTE') ?? asks, MOST_A_MINUTE),
    },
    trustProxy: parseProxies(read('TRUST_PROXY')),
    databaseUrl,
    gitlabToken,
    instanceUrl: read('GITLAB_INSTANCE_URL'),
    gatewayUrl: read('GITLAB_GATEWAY_URL'),
    gatewayPrefix: read('GITLAB_GATEWAY_PREFIX'),
    model: read('GITLAB_DUO_MODEL'),
  };
}

function wholeNumber(name: string, value: string, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= most) return number;
  throw new ConfigurationError(`${name} must be a number from 0 to ${most}; it is ${JSON.stringify(value)}.`);
}
