import { type RetryOptions } from '../config/gitlab-duo-options.interface.js';
import { GitlabDuoError } from '../errors/gitlab-duo.error.js';
import { GatewayAuthError } from '../errors/upstream.errors.js';

const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * How long to wait before a failed step is tried again, in milliseconds: as long as the upstream said, else with
 * exponential back-off and full jitter. Null when it must not be tried again.
 */
export class RetryPolicy {
  private readonly startedAt = performance.now();
  private tries = 0;
  private hasRefusedCredential = false;

  constructor(private readonly options: Readonly<Required<RetryOptions>>) {}

  delayAfter(error: unknown): number | null {
    this.tries += 1;
    if (!(error instanceof GitlabDuoError) || !error.isRetryable || this.tries >= this.options.tries) return null;
    if (error instanceof GatewayAuthError) {
      // GitLab also refuses a credential while its quota service is down; that is worth one more try a while later, not two.
      if (this.hasRefusedCredential) return null;
      this.hasRefusedCredential = true;
      return this.withinBudget(BASE_MS * (1 + Math.random()));
    }
    const delay = error.retryAfterMs ?? Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** (this.tries - 1));
    return this.withinBudget(delay);
  }

  private withinBudget(delay: number): number | null {
    return performance.now() - this.startedAt + delay <= this.options.budgetMs ? delay : null;
  }
}
