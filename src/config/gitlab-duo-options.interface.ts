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
  /** No try starts later than this many milliseconds after the first; 60,000 by default. */
  budgetMs?: number;
}

/**
 * Options of `GitlabDuoModule.forRoot()`. What is unset is read from the environment variable in brackets.
 * @publicApi
 */
export interface GitlabDuoModuleOptions {
  /** A GitLab personal access token (scope `ai_features` or `api`) or OAuth token [`GITLAB_TOKEN`]. */
  apiKey?: string;
  /** The GitLab instance that issues gateway tokens [`GITLAB_INSTANCE_URL`]; https://gitlab.com by default. */
  instanceUrl?: string;
  /** The AI gateway [`GITLAB_GATEWAY_URL`]; https://cloud.gitlab.com by default. */
  gatewayUrl?: string;
  /** Path of the gateway's proxy; `/ai/v1/proxy` by default, `/v1/proxy` for a self-hosted gateway. */
  gatewayPrefix?: string;
  /** The model of chats that name none [`GITLAB_DUO_MODEL`]; `duo-chat-sonnet-4-6` by default. */
  model?: string;
  timeouts?: TimeoutOptions;
  retries?: RetryOptions;
}

/** The options with every default applied and every URL checked. */
export interface ResolvedOptions {
  readonly apiKey: string;
  /** Without a trailing slash, like `gatewayUrl`. */
  readonly instanceUrl: string;
  readonly gatewayUrl: string;
  /** With a leading and without a trailing slash. */
  readonly gatewayPrefix: string;
  readonly model: string;
  readonly timeouts: Readonly<Required<TimeoutOptions>>;
  readonly retries: Readonly<Required<RetryOptions>>;
}
