import { type Reply } from '../server/reply.js';

export const NOT_FOUND: Reply = { status: 404, body: { detail: 'Not found' } };

export const TOKEN_NOT_ACCEPTED: Reply = { status: 401, body: { error: 'Forbidden by auth provider' } };

export const NO_AUTHORIZATION: Reply = { status: 401, body: { error: 'No authorization header presented' } };

export function headerMismatch(name: string): Reply {
  return { status: 401, body: { error: `Header mismatch '${name}'` } };
}

export const UNEXPECTED_API_KEY: Reply = { status: 400, body: { detail: 'Unexpected x-api-key header' } };

export function missingHeader(name: string): Reply {
  return { status: 400, body: { detail: `Missing ${name} header` } };
}

export const MISSING_CONTENT_TYPE = missingHeader('content-type');

export const INVALID_JSON: Reply = { status: 400, body: { detail: 'Invalid JSON' } };

export const UNSUPPORTED_MODEL: Reply = { status: 400, body: { detail: 'Unsupported model' } };
