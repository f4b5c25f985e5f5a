import { type IncomingHttpHeaders } from 'node:http';

import { findMismatch } from '../instance/echoed-headers.js';
import { bearerOf } from '../instance/personal-token.js';
import { type TokenVault } from '../instance/token-vault.js';
import { Refusal } from '../server/reply.js';
import {
  headerMismatch,
  MISSING_CONTENT_TYPE,
  missingHeader,
  NO_AUTHORIZATION,
  TOKEN_NOT_ACCEPTED,
  UNEXPECTED_API_KEY,
} from './gateway-replies.js';

/** Checks the headers of a request. Throws a `Refusal` if the gateway does not admit it. */
export function admit(headers: IncomingHttpHeaders, vault: TokenVault, required: readonly string[]): void {
  const token = bearerOf(headers.authorization);
  if (token === undefined) throw new Refusal(NO_AUTHORIZATION);
  const grant = vault.find(token);
  if (!grant) throw new Refusal(TOKEN_NOT_ACCEPTED);
  const mismatch = findMismatch(grant.headers, headers);
  if (mismatch !== undefined) throw new Refusal(headerMismatch(mismatch));
  if (headers['x-api-key'] !== undefined) throw new Refusal(UNEXPECTED_API_KEY);
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw new Refusal(MISSING_CONTENT_TYPE);
  const missing = required.find((name) => headers[name] === undefined);
  if (missing !== undefined) throw new Refusal(missingHeader(missing));
}
