import { type Reply } from '../server/reply.js';

export const UNAUTHORIZED: Reply = { status: 401, body: { message: '401 Unauthorized' } };

export const TOKEN_EXPIRED: Reply = {
  status: 401,
  body: {
    error: 'invalid_token',
    error_description: 'Token is expired. You can either do re-authorization or token refresh.',
  },
};

export const TOKEN_REVOKED: Reply = {
  status: 401,
  body: { error: 'invalid_token', error_description: 'Token was revoked. You have to re-authorize from the user.' },
};

/** Tokens that are refused by their form if no token is configured; `glcbt-` marks a CI job token. */
const SUSPECT: readonly (readonly [RegExp, Reply])[] = [
  [/revoked/i, TOKEN_REVOKED],
  [/expired/i, TOKEN_EXPIRED],
  [/^glcbt-/, UNAUTHORIZED],
];

/** Why the instance refuses this `authorization` header, or `undefined` when it accepts it. */
export function refusePersonalToken(
  authorization: string | undefined,
  accepted: string | undefined,
): Reply | undefined {
  const token = bearerOf(authorization);
  if (token === undefined) return UNAUTHORIZED;
  if (accepted !== undefined) return token === accepted ? undefined : UNAUTHORIZED;
  return SUSPECT.find(([looks]) => looks.test(token))?.[1];
}

/** The token of a `Bearer` header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
