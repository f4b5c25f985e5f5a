import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Caller, type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { GatewayAuthError } from '../errors/upstream.errors.js';
import { CredentialTokens } from './credential-tokens.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { SingleFlight } from './single-flight.js';
import { TokenExchange } from './token-exchange.js';

/** How many credentials' tokens are kept: those that were used last. */
const MAX_CREDENTIALS = 1_000;

/** The gateway tokens of all the credentials of an application, each credential's apart from the others'. */
@Injectable()
export class GatewayTokens implements OnApplicationShutdown {
  /** By the credential, the one used last at the end. */
  private readonly kept = new Map<string, CredentialTokens>();

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(TokenExchange) private readonly exchange: TokenExchange,
  ) {}

  /**
   * A gateway token for the caller, good for at least a minute. An aborted caller leaves the others waiting.
   * @throws GatewayAuthError, InsufficientCreditsError, RateLimitError, UpstreamError, UpstreamTimeoutError; the reason of `signal`
   */
  async get(caller: Caller, signal?: AbortSignal): Promise<GatewayToken> {
    return (await this.tokensOf(caller, signal)).get(signal);
  }

  /** The same, always by a new exchange. */
  async next(caller: Caller, signal?: AbortSignal): Promise<GatewayToken> {
    return (await this.tokensOf(caller, signal)).next(signal);
  }

  /** Forgets a token that the gateway refused. */
  invalidate(token: GatewayToken): void {
    for (const tokens of this.kept.values()) tokens.invalidate(token);
  }

  onApplicationShutdown(): void {
    for (const tokens of this.kept.values()) tokens.close();
    this.kept.clear();
  }

  private async tokensOf(caller: Caller, signal?: AbortSignal): Promise<CredentialTokens> {
    signal?.throwIfAborted();
    const credential = await this.credentialOf(caller, signal);
    const tokens =
      this.kept.get(credential) ?? new CredentialTokens((abandoned) => this.exchange.exchange(credential, abandoned));
    this.kept.delete(credential);
    this.kept.set(credential, tokens);
    if (this.kept.size > MAX_CREDENTIALS) this.dropOldest();
    return tokens;
  }

  private async ask(caller: Caller, signal = new AbortController().signal): Promise<unknown> {
    const told = this.options.credentials({ ...caller, signal });
    return typeof told === 'string' ? told : new SingleFlight(() => Promise.resolve(told)).join(signal);
  }

  private dropOldest(): void {
    for (const [key, tokens] of this.kept) {
      tokens.close();
      this.kept.delete(key);
      return;
    }
  }

  private async credentialOf(caller: Caller, signal?: AbortSignal): Promise<string> {
    const credential = await this.ask(caller, signal).catch((cause: unknown) => {
      if (signal?.aborted || cause instanceof GitlabDuoError) throw cause;
      throw new GatewayAuthError('The option "credentials" of GitlabDuoModule failed; the cause says why.', { cause });
    });
    if (typeof credential === 'string' && /^[\x21-\x7e]+$/.test(credential)) return credential;
    throw new GatewayAuthError(
      `The option "credentials" of GitlabDuoModule gave no token for ${caller.ownerId === null ? 'a caller without an owner' : `the owner ${caller.ownerId}`}. It must return a GitLab token: one line, without spaces.`,
    );
  }
}
