import { TOKEN_EXPIRED, TOKEN_REVOKED, UNAUTHORIZED } from '../instance/personal-token.js';
import { type BrokenAnswer, page } from './broken-answer.js';
import { type FaultPlan } from './fault-plan.js';
import { type ExchangeFault } from './sandbox-fault.js';

/** What a fault changes in an exchange. */
export interface ExchangeEffect {
  instead?: BrokenAnswer;
  delayMs?: number;
  lifetimeSeconds?: number;
  /** Whether all headers of the answer are strings with lower-case names. */
  hasPlainHeaders?: boolean;
  /** A field of the answer that is null or missing. */
  withhold?: 'headers' | 'expires_at';
}

/** What each fault does to the exchange that it hits. */
export const EXCHANGE_FAULTS: Record<ExchangeFault, (plan: FaultPlan) => ExchangeEffect> = {
  'exchange-unauthorized': () => ({ instead: UNAUTHORIZED }),
  'exchange-expired': () => ({ instead: TOKEN_EXPIRED }),
  'exchange-revoked': () => ({ instead: TOKEN_REVOKED }),
  'exchange-insufficient-scope': () =>
    json(403, {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided by the access token.',
      scope: 'ai_features api',
    }),
  'exchange-forbidden': () => json(403, { message: '403 Forbidden' }),
  'exchange-not-found': () => json(404, { error: '404 Not Found' }),
  'exchange-login-page': () => ({ instead: page(200, 'Sign in · GitLab') }),
  'exchange-rate-limit': ({ retryAfter = 1 }) => ({
    instead: { status: 429, headers: { 'retry-after': String(retryAfter) }, body: 'Retry later\n' },
  }),
  'exchange-creation-failed': () => json(503, { message: 'Token creation failed' }),
  'exchange-token-missing': () => json(503, { message: 'Token is missing in response' }),
  'exchange-http-error': () => json(503, { message: 'An HTTP error occurred when creating a Direct Access Token.' }),
  'exchange-missing-namespace': () => json(503, { message: 'Missing default GitLab Duo namespace user preference' }),
  'exchange-hang': () => ({ instead: 'hang' }),
  'exchange-reset': () => ({ instead: 'reset' }),
  'exchange-redirect': () => ({ instead: 'redirect' }),
  'exchange-invalid-json': () => ({
    instead: { status: 201, headers: { 'content-type': 'application/json' }, body: '{"token":"eyJ' },
  }),
  'exchange-empty-object': () => json(201, {}),
  'exchange-null-headers': () => ({ withhold: 'headers' }),
  'exchange-no-expiry': () => ({ withhold: 'expires_at' }),
  'exchange-plain-headers': () => ({ hasPlainHeaders: true }),
  'exchange-latency': ({ delayMs = 500 }) => ({ delayMs }),
  'exchange-short-lived': ({ expiresInSeconds = 1 }) => ({ lifetimeSeconds: expiresInSeconds }),
};

function json(status: number, body: object): ExchangeEffect {
  return { instead: { status, body } };
}
