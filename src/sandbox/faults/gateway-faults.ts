import {
  headerMismatch,
  INVALID_JSON,
  MISSING_CONTENT_TYPE,
  NO_AUTHORIZATION,
  NOT_FOUND,
  TOKEN_NOT_ACCEPTED,
  UNSUPPORTED_MODEL,
} from '../gateway/gateway-replies.js';
import { type VendorErrors } from '../gateway/vendor.interface.js';
import { type Reply } from '../server/reply.js';
import { TOO_LARGE } from '../server/read-body.js';
import { type BrokenAnswer, page } from './broken-answer.js';
import { type FaultPlan } from './fault-plan.js';
import { pythonBytes } from './python-bytes.js';
import { type GatewayFault } from './sandbox-fault.js';

/** What each fault sends instead of an answer. */
export const GATEWAY_FAULTS: Record<GatewayFault, (errors: VendorErrors, plan: FaultPlan) => BrokenAnswer> = {
  'gateway-unauthorized': () => TOKEN_NOT_ACCEPTED,
  'gateway-unauthorized-twice': () => TOKEN_NOT_ACCEPTED,
  'gateway-no-authorization': () => NO_AUTHORIZATION,
  'gateway-header-mismatch': () => headerMismatch('X-Gitlab-Realm'),
  'gateway-unsupported-model': () => UNSUPPORTED_MODEL,
  'gateway-invalid-json': () => INVALID_JSON,
  'gateway-missing-header': () => MISSING_CONTENT_TYPE,
  'gateway-bad-request': (errors) => errors.invalidRequest('messages: Input should be a valid list'),
  'gateway-bad-max-tokens': (errors) => errors.maxTokensTooLarge(),
  'gateway-image-too-large': (errors) => errors.imageTooLarge(),
  'gateway-context-decoy': (errors) => errors.contextDecoy(),
  'gateway-context-overflow': (errors) => errors.contextOverflow(208_310, 200_000),
  'gateway-context-overflow-by-output': (errors) => errors.contextOverflowByOutput(),
  'gateway-insufficient-credits': () => ({
    status: 402,
    body: {
      error: 'insufficient_credits',
      error_code: 'USAGE_QUOTA_EXCEEDED',
      message: 'Consumer does not have sufficient credits for this request.',
    },
  }),
  'gateway-not-enabled': () => ({
    status: 402,
    body: { detail: 'Proxy endpoints are not enabled for this namespace' },
  }),
  'gateway-not-entitled': () => ({
    status: 403,
    body: {
      error: 'not_entitled',
      error_code: 'USAGE_QUOTA_NOT_ENTITLED',
      message: 'Consumer is not entitled to this feature.',
    },
  }),
  'gateway-forbidden': () => ({
    status: 403,
    body: { detail: 'Unauthorized to access ai_gateway_model_provider_proxy' },
  }),
  'gateway-forbidden-page': () => page(403, '403 Forbidden'),
  'gateway-not-found': () => NOT_FOUND,
  'gateway-too-large': () => TOO_LARGE,
  'gateway-unprocessable': () => ({ status: 422, body: { detail: 'Validation error' } }),
  'gateway-rate-limit': (errors) => errors.rateLimit(),
  'gateway-rate-limit-retry-after': (_errors, { retryAfter = 1 }) => ({
    ...page(429, '429 Too Many Requests'),
    headers: { 'content-type': 'text/html', 'retry-after': String(retryAfter) },
  }),
  'gateway-internal-error': () => ({ status: 500, body: '' }),
  'gateway-bad-gateway': () => ({ status: 502, body: { detail: 'Bad Gateway' } }),
  'gateway-error-page': () => page(502, '502 Bad Gateway'),
  'gateway-overloaded': (errors) => errors.overloaded(),
  'gateway-wrapped-error': (errors) => wrap(errors.overloaded()),
  'gateway-wrapped-rate-limit': (errors) => wrap(errors.rateLimit()),
  'gateway-wrapped-bad-request': (errors) => wrap(errors.invalidRequest(QUOTED)),
  'gateway-wrapped-context-overflow': (errors) => wrap(errors.contextOverflow(208_310, 200_000)),
  'gateway-hang': () => 'hang',
  'gateway-reset': () => 'reset',
  'gateway-redirect': () => 'redirect',
};

/** Every character that a bytes literal escapes, or that looks like its end. */
const QUOTED = "It's no 'tool' \\ of \"Tromsø\" 🎈\nat all";

/** A vendor's error, wrapped as the gateway wraps it when the request wanted a stream. */
function wrap(reply: Reply): Reply {
  return { ...reply, body: { message: pythonBytes(JSON.stringify(reply.body)) } };
}
