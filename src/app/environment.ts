import { type LimitOptions } from '../config/gitlab-duo-options.interface.js';
import { httpUrl } from '../config/resolve-options.js';
import { ConfigurationError } from '../errors/request.errors.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type ApiKey, parseApiKeys } from './access/api-keys.js';
import { isLoopback } from './access/loopback.js';
import { parseProxies } from './access/proxies.js';
import { Faults } from './faults.js';
import { type RateLimits } from './rate-limit/rate-limits.interface.js';

/** Beyond it a limit costs more than it saves: each call of the last minute is remembered. */
const MAX_A_MINUTE = 10_000;

/** Running runs of one server, and the most that `LIVE_RUN_LIMIT` and `OWNER_RUN_LIMIT` may be. */
const LIVE_RUNS = 1_000;
const MAX_RUNS = 100_000;
/** Running and queued runs of one owner, where API keys tell owners apart. */
const OWNER_RUNS = 100;

/** What the server reads from its environment; an empty variable counts as unset. */
export interface Environment {
  host: string;
  port: number;
  isProduction: boolean;
  /** Whether `npm start` runs the server, for a person who waits. */
  isLaunched: boolean;
  /** Empty: no key is asked for, and `host` is an address of this machine alone. */
  apiKeys: ApiKey[];
  rateLimits: RateLimits;
  /** How many runs may be under way; see `GitlabDuoModuleOptions.limits`. */
  limits: Required<Pick<LimitOptions, 'liveRuns' | 'ownerRuns'>>;
  /** The proxies whose word on the address of a client counts. */
  trustProxy: string[];
  /** Whether every request is logged. */
  hasAccessLog: boolean;
  /** Unset: an embedded database is started. */
  databaseUrl: string | undefined;
  /** Unset: the sandbox takes GitLab's place, unless `isProduction`. */
  gitlabToken: string | undefined;
  instanceUrl: string | undefined;
  gatewayUrl: string | undefined;
  gatewayPrefix: string | undefined;
  model: string | undefined;
}

/** @throws ConfigurationError which names every value that cannot work */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const faults = new Faults();
  const read = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const checked = <T>(name: string, check: (name: string, value: string) => T): T | undefined => {
    const value = read(name);
    return value === undefined ? undefined : faults.catch(() => check(name, value));
  };
  const isProduction = read('NODE_ENV') === 'production';
  if (isProduction && read('GITLAB_TOKEN') === undefined) {
    faults.add(
      'NODE_ENV is production and GITLAB_TOKEN is not set. Set it to a GitLab token with the scope ai_features; the sandbox is for development only.',
    );
  }
  if (isProduction && read('DATABASE_URL') === undefined) {
    faults.add(
      'NODE_ENV is production and DATABASE_URL is not set. Set it to a PostgreSQL database; the embedded one is for development only.',
    );
  }
  const host = read('HOST') ?? '127.0.0.1';
  const apiKeys = faults.catch(() => parseApiKeys(read('API_KEYS'))) ?? [];
  if (read('API_KEYS') === undefined && !isLoopback(host)) {
    faults.add(
      `HOST is ${JSON.stringify(host)}, where others than this machine may ask, and API_KEYS is not set. Set API_KEYS to owner:key pairs, or leave HOST unset.`,
    );
  }
  const liveRuns = checked('LIVE_RUN_LIMIT', numberUpTo(MAX_RUNS, 1)) ?? LIVE_RUNS;
  // No limits of an owner without API keys: there is only one user.
  const [calls, asks, ownerRuns] = apiKeys.length > 0 ? [600, 120, OWNER_RUNS] : [0, 0, MAX_RUNS];
  const environment: Environment = {
    host,
    port: checked('PORT', numberUpTo(65_535)) ?? 3000,
    isProduction,
    isLaunched: read('npm_lifecycle_event') === 'start',
    apiKeys,
    rateLimits: {
      calls: checked('RATE_LIMIT_PER_MINUTE', numberUpTo(MAX_A_MINUTE)) ?? calls,
      asks: checked('ASK_LIMIT_PER_MINUTE', numberUpTo(MAX_A_MINUTE)) ?? asks,
    },
    limits: { liveRuns, ownerRuns: checked('OWNER_RUN_LIMIT', numberUpTo(MAX_RUNS, 1)) ?? ownerRuns },
    trustProxy: faults.catch(() => parseProxies(read('TRUST_PROXY'))) ?? [],
    hasAccessLog: checked('ACCESS_LOG', trueOrFalse) ?? false,
    databaseUrl: checked('DATABASE_URL', postgresUrl),
    gitlabToken: checked('GITLAB_TOKEN', oneLine),
    instanceUrl: checked('GITLAB_INSTANCE_URL', httpUrl),
    gatewayUrl: checked('GITLAB_GATEWAY_URL', httpUrl),
    gatewayPrefix: read('GITLAB_GATEWAY_PREFIX'),
    model: checked('GITLAB_DUO_MODEL', knownModel),
  };
  faults.throwIfAny();
  return environment;
}

function oneLine(name: string, token: string): string {
  if (!/[\r\n]/.test(token)) return token;
  throw new ConfigurationError(`${name} must be one line: it holds a line break.`);
}

/** No message shows the URL, since it may hold a password. */
function postgresUrl(name: string, url: string): string {
  if (/^postgres(?:ql)?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new ConfigurationError(
    `${name} must be a URL such as postgres://user:password@host:5432/database, with signs such as # and / in the password written as %23 and %2F.`,
  );
}

function knownModel(name: string, id: string): string {
  try {
    return new ModelRegistry().get(id).id;
  } catch (cause) {
    throw new ConfigurationError(`${name}: ${(cause as Error).message}`, { cause });
  }
}

function trueOrFalse(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new ConfigurationError(`${name} must be true or false; it is ${JSON.stringify(value)}.`);
}

function numberUpTo(max: number, min = 0): (name: string, value: string) => number {
  return (name, value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new ConfigurationError(`${name} must be a number from ${min} to ${max}; it is ${JSON.stringify(value)}.`);
  };
}
