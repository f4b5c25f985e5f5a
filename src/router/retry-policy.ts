import { type RetryOptions } from '../config/gitlab-duo-options.interface.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { GatewayAuthError } from '../errors/upstream.errors.js';

const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * How long to wait before a failed step is tried again, in milliseconds: by exponential back-off with full jitter, and
 * at least as long as the upstream said. Null when it must not be tried again.
 */
export class RetryPolicy {
  private readonly startedAt = performance.now();
  private tries = 0;
  private hasRefusedCredential = false;

  constructor(private readonly options: Readonly<Required<RetryOptions>>) {}

  delayAfter(error: unknown): number | null {
    this.tries += 1;
    if (!(error instanceof GitlabDuoError) || !error.isRetryable || this.tries >= this.options.tries) return null;
    const saidMs = error.retryAfterMs ?? 0;
    if (error instanceof GatewayAuthError) {
      // GitLab also refuses a credential while its quota service is down; that is worth one more try a while later, not two.
      if (this.hasRefusedCredential) return null;
      this.hasRefusedCredential = true;
      return this.withinBudget(Math.max(saidMs, BASE_MS * (1 + Math.random())));
    }
    const backOff = Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** (this.tries - 1));
    return this.withinBudget(Math.max(saidMs, backOff));
  }

  private withinBudget(delay: number): number | null {
    return performance.now() - this.startedAt + delay <= this.options.budgetMs ? delay : null;
  }
}
