import { type ErrorCode } from '../../errors/gitlab-duo.error.js';
import { type Problem, problems } from '../../errors/problem.js';
import { type JsonObject } from '../../messages/json.interface.js';
import { component, integer, object, optional, type Schema, text } from './schema.js';

/** An error code. The list comes from the mapping of codes to statuses. */
export const errorCode: Schema = {
  type: 'string',
  enum: Object.keys(problems),
  description: `Stable: ${Object.entries(problems)
    .map(([code, [status]]) => `\`${code}\` ${status}`)
    .join(', ')}.`,
};

export const problemSchema = object<Problem>(
  {
    type: text('A URN that ends with the code.'),
    title: text(),
    status: integer('The HTTP status, also where the problem comes as an event.'),
    detail: text('What is wrong, and what to do about it.'),
    code: errorCode,
    requestId: optional(text('Of the answer’s `X-Request-Id`.')),
    runId: optional(text('The run that it is about: for `chat_busy` the one that keeps the chat busy.')),
  },
  'An error as RFC 9457 describes it.',
);

/** The error codes that every call can answer with. */
const everywhere: ErrorCode[] = ['unauthorized', 'forbidden', 'rate_limited', 'internal_error', 'database_unavailable'];

/** The error responses of a call, by status. */
export function problemResponses(...codes: ErrorCode[]): Record<string, JsonObject> {
  const possible = [...codes, ...everywhere];
  const ofStatus = (status: number): ErrorCode[] => possible.filter((code) => problems[code][0] === status);
  const statuses = new Set(possible.map((code) => problems[code][0]));
  return {
    ...Object.fromEntries([...statuses].map((status) => [String(status), problemResponse(ofStatus(status))])),
    // Every call that takes a body also refuses one that is not JSON.
    ...(codes.includes('payload_too_large') && { 415: problemResponse(['validation_failed']) }),
  };
}

/** Additional error responses of a call with an id in its path: the id may be malformed, or too long for the server. */
export function idProblems(): Record<string, JsonObject> {
  return { 400: problemResponse(['validation_failed']), 414: problemResponse(['validation_failed']) };
}

function problemResponse(codes: ErrorCode[]): JsonObject {
  const narrowed = { allOf: [component('Problem')], properties: { code: { type: 'string', enum: codes } } };
  const isRetried = codes.some((code) => problems[code][0] === 429 || problems[code][0] === 503);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      ...(isRetried && { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }),
    },
    content: { 'application/problem+json': { schema: narrowed } },
  };
}
