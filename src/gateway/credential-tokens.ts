import { Logger } from '@nestjs/common';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { type GatewayToken } from './gateway-token.interface.js';
import { SingleFlight } from './single-flight.js';

/** The share of a token's life after which another one is fetched in the background. */
const RENEWAL_SHARE = 0.8;
/** How long at least after a renewal that failed another one is tried. */
const RENEWAL_RETRY_MS = 30_000;

const logger = new Logger('GatewayTokens');

/**
 * The gateway tokens of one credential: one exchange at a time, however many ask. A token that is in use is replaced
 * before it runs out, so that no caller waits; an unused one expires. Times are those of
 * `performance.now()`, which changes of the clock do not affect.
 */
export class CredentialTokens {
  private current: GatewayToken | undefined;
  private validUntil = 0;
  /** Since the last renewal began. */
  private isUsed = false;
  /** The time to renew came while the token was not in use. */
  private isDue = false;
  private flight: SingleFlight<GatewayToken> | undefined;
  private renewal: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly exchange: (abandoned: AbortSignal) => Promise<GatewayToken>) {}

  /** The token at hand, or else the next one. An aborted caller leaves the others waiting. */
  async get(signal?: AbortSignal): Promise<GatewayToken> {
    this.isUsed = true;
    if (this.current === undefined || performance.now() >= this.validUntil) return this.next(signal);
    if (this.isDue) this.renew();
    return this.current;
  }

  /** A new token, even where one is at hand. */
  next(signal?: AbortSignal): Promise<GatewayToken> {
    const flight = this.flight === undefined || this.flight.isAbandoned ? this.start() : this.flight;
    return flight.join(signal);
  }

  /** Forgets a token that the gateway refused, unless another one has taken its place already. */
  invalidate(token: GatewayToken): void {
    if (this.current === token) this.current = undefined;
  }

  /** Renews nothing any more. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.renewal);
  }

  private start(): SingleFlight<GatewayToken> {
    const flight = new SingleFlight(this.exchange);
    this.flight = flight;
    const land = (token?: GatewayToken): void => {
      if (this.flight !== flight) return;
      this.flight = undefined;
      if (token !== undefined) this.keep(token);
    };
    flight.result.then(land, () => {
      land();
    });
    return flight;
  }

  private keep(token: GatewayToken): void {
    this.current = token;
    this.isDue = false;
    this.validUntil = performance.now() + token.lifetimeMs;
    this.renewIn(token.lifetimeMs * RENEWAL_SHARE);
  }

  private renewIn(delayMs: number): void {
    clearTimeout(this.renewal);
    if (this.isClosed || performance.now() + delayMs >= this.validUntil) return;
    this.renewal = setTimeout(this.renew, delayMs).unref();
  }

  private readonly renew = (): void => {
    this.isDue = !this.isUsed;
    if (this.isDue || this.current === undefined) return;
    this.isUsed = false;
    this.next().catch((error: unknown) => {
      if (this.isClosed) return;
      this.isUsed = true;
      logger.warn(
        `A gateway token was not renewed; the old one serves until its end: ${error instanceof Error ? error.message : String(error)}`,
      );
      if (error instanceof GitlabDuoError && error.isRetryable)
        this.renewIn(Math.max(error.retryAfterMs ?? 0, RENEWAL_RETRY_MS));
    });
  };
}
