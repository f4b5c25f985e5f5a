import { type JsonObject } from '../messages/json.interface.js';
import { type OpenApiDocument, openApiDocument } from '../http/openapi/document.js';
import { answer, operation } from '../http/openapi/operation.js';
import { errorCode } from '../http/openapi/problems.js';
import { anyObject, nullable, object, optional, type Schema, text, time } from '../http/openapi/schema.js';
import { type LastExchange } from '../gateway/last-exchange.interface.js';
import { uiPaths } from './ui-paths.js';
import { type Readiness } from './health.controller.js';

/** Describes all that the server serves, except what OpenAI describes: the routes at `/v1`. */
export function serverDocument(): OpenApiDocument {
  const document = openApiDocument({ models: 'models' });
  return {
    ...document,
    // Without keys the server takes calls from its own machine as they are.
    security: [{ key: [] }, {}],
    paths: { ...document.paths, ...uiPaths, ...healthPaths },
    components: {
      ...document.components,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of `API_KEYS`.' } },
      schemas: { ...document.components.schemas, ...healthSchemas },
    },
  };
}

const healthSchemas: Record<string, Schema> = {
  Liveness: object<{ status: 'ok' }>({ status: { const: 'ok' } }),
  Readiness: object<Readiness>({
    status: text('`ok`.'),
    info: optional(anyObject),
    error: optional(anyObject),
    details: anyObject,
    gateway: object<Readiness['gateway']>(
      {
        lastExchange: nullable(
          object<LastExchange>({
            at: time,
            succeeded: { type: 'boolean' },
            code: nullable(errorCode),
          }),
        ),
      },
      'When a token was last exchanged with GitLab; null before the first time. It does not decide on readiness.',
    ),
  }),
};

const healthPaths: Record<string, JsonObject> = {
  '/health/live': {
    get: open({
      id: 'health_live',
      tag: 'health',
      summary: 'Whether the process lives',
      answers: { 200: answer('It does.', 'Liveness') },
      codes: [],
    }),
  },
  '/health/ready': {
    get: open({
      id: 'health_ready',
      tag: 'health',
      summary: 'Whether the server can take asks: whether its database answers',
      answers: { 200: answer('It can.', 'Readiness') },
      codes: [],
    }),
  },
};

/** A route that needs no key. */
function open(route: Parameters<typeof operation>[0]): JsonObject {
  return { ...operation(route), security: [] };
}
