import { type Dispatcher } from 'undici';
import { type ModelOption } from './model-option.interface.js';

/** Time limits of a request to GitLab, in milliseconds. */
export interface TimeoutOptions {
  /** Until the socket is connected; 10,000 by default. */
  connectMs?: number;
  /** From the request to the first byte of the answer; 120,000 by default. */
  firstByteMs?: number;
  /** Between two reads of the answer; 60,000 by default. */
  idleMs?: number;
  /** For the whole request; 600,000 by default. */
  totalMs?: number;
}

/** How often a request that failed without any visible effect is sent again. */
export interface RetryOptions {
  /** Tries in all, the first included; 3 by default. */
  tries?: number;
  /**
   * No try starts later than this many milliseconds after the first; 60,000 by default. What fails later, such as the
   * first byte's or the idle time-out with their defaults, is not tried again.
   */
  budgetMs?: number;
}

/**
 * On whose behalf a request is made.
 * @publicApi
 */
export interface Caller {
  /** The owner of the chat; `null` where it has none. */
  ownerId: string | null;
  chatId?: string;
  runId?: string;
  /** The id of the request that asked, such as the caller's `X-Request-Id`. */
  requestId?: string;
}

/**
 * The argument of the `credentials` option.
 * @publicApi
 */
export interface CredentialContext extends Caller {
  /** Aborted once the credential is no longer awaited. */
  signal?: AbortSignal;
}

/**
 * Finds the GitLab token of a caller; see `GitlabDuoModuleOptions.credentials`.
 * @publicApi
 */
export type Credentials = (context: CredentialContext) => string | Promise<string>;

/**
 * What happens to an ask while its chat has an active run: it is refused, waits for its turn, or cancels that run, whose
 * text is kept, and goes first.
 * @publicApi
 */
export type WhenBusy = 'reject' | 'enqueue' | 'interrupt';

/**
 * What happens to a run whose process died: another one continues it, or it ends as `interrupted` with its text kept.
 * @publicApi
 */
export type Recovery = 'takeover' | 'interrupt';

/** How much may be under way at once. */
export interface LimitOptions {
  /** Running runs of one process; 1,000 by default. Beyond them an ask is refused as `server_busy`. */
  liveRuns?: number;
  /** Running and queued runs of one owner; 100 by default. Chats without an owner are not counted. */
  ownerRuns?: number;
  /** Queued runs of one chat; 10 by default. */
  queuedRuns?: number;
  /** Followers of one run in one process; 1,000 by default. */
  followers?: number;
}

/**
 * Options of `GitlabDuoModule.forRoot()`. What is unset is read from the environment variable in brackets.
 * @publicApi
 */
export interface GitlabDuoModuleOptions {
  /** A GitLab personal access token (scope `ai_features` or `api`) or OAuth token [`GITLAB_TOKEN`]. */
  apiKey?: string;
  /**
   * Several tokens in one application, for example one for each owner; instead of `apiKey`. It is called before every
   * request, so keep what it returns near. What it throws fails the request as `gateway_auth_failed`. The gateway
   * tokens of the 1,000 tokens that were used last are kept, each apart from the others.
   * @example
   * credentials: ({ ownerId }) => vault.gitlabTokenOf(ownerId)
   */
  credentials?: Credentials;
  /** The GitLab instance that issues gateway tokens [`GITLAB_INSTANCE_URL`]; https://gitlab.com by default. */
  instanceUrl?: string;
  /** The AI gateway [`GITLAB_GATEWAY_URL`]; https://cloud.gitlab.com by default. */
  gatewayUrl?: string;
  /** Path of the gateway's proxy; `/ai/v1/proxy` by default, `/v1/proxy` for a self-hosted gateway. */
  gatewayPrefix?: string;
  /** The model of chats that name none [`GITLAB_DUO_MODEL`]; `duo-chat-sonnet-4-6` by default. */
  model?: string;
  /**
   * Models that the catalogue does not have, and changes of those that it has; see `ModelOption`.
   * @example
   * models: [
   *   { id: 'duo-chat-opus-6', upstreamId: 'claude-opus-6', api: 'anthropic-messages' },
   *   { id: 'duo-chat-haiku-5-5', status: 'active' }, // an alpha model
   *   { id: 'duo-chat-sonnet-5', maxOutputTokens: 128_000 },
   * ]
   */
  models?: readonly ModelOption[];
  /** How often a run may ask the model, tools in between; 20 by default. */
  maxSteps?: number;
  /**
   * How much one answer may hold: so many bytes (UTF-8) of text, as many of reasoning, and as many of arguments of tools;
   * 8,388,608 (8 MiB) by default. Beyond it the request is closed, and the run fails with what had come as a `failed`
   * message.
   */
  maxAnswerBytes?: number;
  /**
   * Sends OpenAI's models a `prompt_cache_key`, one for each chat: the SHA-256 of its id in hex. Requests of one chat then
   * meet the same cache. Off by default, until GitLab's gateway is seen to take it.
   */
  promptCacheKey?: boolean;
  /**
   * Tells the vendors one end user from another, without saying who it is: by the HMAC-SHA-256 of the chat's owner in hex, as
   * `metadata.user_id` to Claude and as `safety_identifier` to OpenAI. Nothing is sent for a chat without an owner. Off by
   * default, until GitLab's gateway is seen to take it.
   */
  endUserId?: { secret: string };
  /** What happens to an ask on a busy chat; `reject` by default. A kind of chat and a single ask may say otherwise. */
  whenBusy?: WhenBusy;
  /** What happens to a run whose process died; `takeover` by default. A kind of chat may say otherwise. */
  recovery?: Recovery;
  /** How long a stopping process lets its runs work before it hands them over, in milliseconds; 5,000 by default. */
  shutdownGraceMs?: number;
  limits?: LimitOptions;
  timeouts?: TimeoutOptions;
  retries?: RetryOptions;
  /**
   * A dispatcher of undici 7 that takes both the exchange and the gateway calls, instead of our own, which follows
   * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Its owner closes it; `timeouts.connectMs` is then the dispatcher's matter.
   * @example
   * dispatcher: new Agent({ connect: { ca: await readFile('private-ca.pem') } })
   */
  dispatcher?: Dispatcher;
}

/** The options with every default applied and every URL checked. */
export interface ResolvedOptions {
  /** Of the `apiKey` where that is all there is. */
  readonly credentials: Credentials;
  /** Without a trailing slash, like `gatewayUrl`. */
  readonly instanceUrl: string;
  readonly gatewayUrl: string;
  /** With a leading and without a trailing slash. */
  readonly gatewayPrefix: string;
  readonly model: string;
  readonly models: readonly ModelOption[];
  readonly maxSteps: number;
  readonly maxAnswerBytes: number;
  readonly promptCacheKey: boolean;
  readonly endUserId: { readonly secret: string } | undefined;
  readonly whenBusy: WhenBusy;
  readonly recovery: Recovery;
  readonly shutdownGraceMs: number;
  readonly limits: Readonly<Required<LimitOptions>>;
  readonly timeouts: Readonly<Required<TimeoutOptions>>;
  readonly retries: Readonly<Required<RetryOptions>>;
  readonly dispatcher: Dispatcher | undefined;
}
