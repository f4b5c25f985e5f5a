import { ConfigurationError } from '../errors/request.errors.js';
import { type Credentials, type GitlabDuoModuleOptions, type ResolvedOptions } from './gitlab-duo-options.interface.js';

/** Node fires a longer timer at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const DEFAULT_MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** More than any model says, and less than the longest texts of the engine and of PostgreSQL, whatever is made of it. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

type Environment = Record<string, string | undefined>;

/**
 * Applies the environment and the defaults; an empty string counts as unset.
 * @throws ConfigurationError when the key is missing or a URL or a number cannot work
 */
export function resolveOptions(
  options: GitlabDuoModuleOptions,
  environment: Environment = process.env,
): ResolvedOptions {
  return {
    credentials: options.credentials ?? oneKey(options.apiKey?.trim() || environment.GITLAB_TOKEN || ''),
    instanceUrl: httpUrl('instanceUrl', options.instanceUrl || environment.GITLAB_INSTANCE_URL || 'https://gitlab.com'),
    gatewayUrl: httpUrl(
      'gatewayUrl',
      options.gatewayUrl || environment.GITLAB_GATEWAY_URL || 'https://cloud.gitlab.com',
    ),
    gatewayPrefix: `/${(options.gatewayPrefix ?? '/ai/v1/proxy').replace(/^\/+|\/+$/g, '')}`.replace(/^\/$/, ''),
    model: options.model || environment.GITLAB_DUO_MODEL || 'duo-chat-sonnet-4-6',
    models: options.models ?? [],
    maxSteps: wholeNumber('maxSteps', options.maxSteps ?? 20),
    maxAnswerBytes: wholeNumber('maxAnswerBytes', options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES, MAX_ANSWER_BYTES),
    promptCacheKey: flag('promptCacheKey', options.promptCacheKey ?? false),
    endUserId: endUserId(options.endUserId),
    whenBusy: oneOf('whenBusy', ['reject', 'enqueue', 'interrupt'], options.whenBusy ?? 'reject'),
    recovery: oneOf('recovery', ['takeover', 'interrupt'], options.recovery ?? 'takeover'),
    shutdownGraceMs: wholeNumber('shutdownGraceMs', options.shutdownGraceMs ?? 5_000),
    limits: positive('limits', { liveRuns: 1_000, ownerRuns: 100, queuedRuns: 10, followers: 1_000 }, options.limits),
    timeouts: positive(
      'timeouts',
      { connectMs: 10_000, firstByteMs: 120_000, idleMs: 60_000, totalMs: 600_000 },
      options.timeouts,
    ),
    retries: positive('retries', { tries: 3, budgetMs: 60_000 }, options.retries),
    dispatcher: dispatcher(options.dispatcher),
  };
}

function oneKey(given: string): Credentials {
  const apiKey = given.trim();
  if (apiKey === '') {
    throw new ConfigurationError(
      'Missing configuration for GitLab: apiKey. Set GITLAB_TOKEN or pass { apiKey } to GitlabDuoModule.forRoot().',
    );
  }
  if (/[\r\n]/.test(apiKey)) throw new ConfigurationError('apiKey must be one line: it holds a line break.');
  return () => apiKey;
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(`${name} must be true or false; it is ${String(value)}.`);
}

/** The secret itself is in no message. */
function endUserId(given: { secret?: unknown } | null | undefined): ResolvedOptions['endUserId'] {
  if (given === undefined) return undefined;
  const secret = given?.secret;
  if (typeof secret === 'string' && secret.trim() !== '') return { secret };
  throw new ConfigurationError('endUserId must be { secret }, a text that is not empty and always stays the same.');
}

function dispatcher(given: ResolvedOptions['dispatcher']): ResolvedOptions['dispatcher'] {
  if (given === undefined || typeof given.dispatch === 'function') return given;
  throw new ConfigurationError('dispatcher must be a Dispatcher of undici 7, such as new Agent() or new ProxyAgent().');
}

/**
 * Checks a URL of GitLab, and returns it without a trailing slash.
 * @param name of the option or the variable that has it
 * @throws ConfigurationError
 */
export function httpUrl(name: string, given: string): string {
  const value = given.trim();
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.search !== '' || parsed.hash !== '') {
    throw new ConfigurationError(
      `${name} must be an http or https URL without a query, such as https://gitlab.com; it is ${JSON.stringify(value.replace(/[?#].*/s, ''))}.`,
    );
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new ConfigurationError(`${name} must not hold a user name or a password: pass the token as apiKey.`);
  }
  return value.replace(/\/+$/, '');
}

function positive<T extends object>(name: string, defaults: Required<T>, given: T | undefined): Required<T> {
  const merged = {
    ...defaults,
    ...(given && Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))),
  };
  for (const [key, value] of Object.entries(merged)) wholeNumber(`${name}.${key}`, value);
  return merged;
}

function wholeNumber(name: string, value: unknown, max = MAX_TIMER_MS): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new ConfigurationError(`${name} must be a whole number above 0, and at most ${max}; it is ${String(value)}.`);
}

/**
 * @param name of the option
 * @throws ConfigurationError unless the value is one of these
 */
export function oneOf<const T extends string>(name: string, allowed: readonly T[], given: T): T {
  if (allowed.includes(given)) return given;
  throw new ConfigurationError(`${name} must be one of ${allowed.join(', ')}; it is ${JSON.stringify(given)}.`);
}
