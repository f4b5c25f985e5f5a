import { type JsonObject } from '../../messages/json.interface.js';
import { bodySchemas } from './bodies.js';
import { chatPaths } from './chat-paths.js';
import { chatSchemas } from './chat-schemas.js';
import { eventSchemas } from './event-schemas.js';
import { messageSchemas } from './message-schemas.js';
import { answer, operation } from './operation.js';
import { problemSchema } from './problems.js';
import { runSchemas } from './run-schemas.js';
import { type Schema, uuid } from './schema.js';
import { toolCallSchemas } from './tool-call-schemas.js';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string; license: JsonObject };
  servers: JsonObject[];
  /** The ways to authenticate; a call needs one of them. */
  security: JsonObject[];
  paths: Record<string, JsonObject>;
  components: Record<'schemas' | 'parameters' | 'headers' | 'securitySchemes', Record<string, JsonObject>>;
}

/** Which routes the document describes. */
export interface OpenApiDocumentOptions {
  /** Path of the chats, including the global prefix and the version if there are any; `chats` by default. */
  path?: string;
  /** Path of `ModelsController`, likewise; without it the document does not describe models. */
  models?: string;
}

/**
 * Describes the HTTP API of one kind of chat, for `SwaggerModule.setup()` or any other reader of OpenAPI; for several
 * kinds, merge the `paths` of their documents.
 * @example
 * SwaggerModule.setup('docs', app, () => openApiDocument({ path: 'api/v1/tickets' }) as OpenAPIObject)
 * @publicApi
 */
export function openApiDocument({ path = 'chats', models }: OpenApiDocumentOptions = {}): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chats over GitLab Duo',
      version: '1',
      description: 'Chats with Claude and GPT models, kept in order. Errors are `application/problem+json`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // The application authenticates callers.
    security: [],
    paths: { ...chatPaths(trimmed(path)), ...(models !== undefined && modelPaths(trimmed(models))) },
    components: {
      securitySchemes: {},
      schemas: {
        ...chatSchemas,
        ...messageSchemas,
        ...toolCallSchemas,
        ...runSchemas,
        ...bodySchemas(),
        ...eventSchemas,
        Problem: problemSchema,
      },
      parameters: {
        chatId: {
          name: 'id',
          in: 'path',
          required: true,
          description: 'Paste the `id` of a chat, as it was created or is listed.',
          schema: uuid,
        },
        toolCallId: {
          name: 'toolCallId',
          in: 'path',
          required: true,
          description: 'Paste the `id` of a call from the list of those that wait for approval.',
          schema: uuid,
        },
        messageId: {
          name: 'messageId',
          in: 'path',
          required: true,
          description: 'Paste the `id` of a message of the chat, as it is listed.',
          schema: uuid,
        },
        runId: {
          name: 'runId',
          in: 'path',
          required: true,
          description: 'Paste the `id` of a run: the `X-Run-Id` of an answer, or one from the list of runs.',
          schema: uuid,
        },
        'Idempotency-Key': {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description:
            'Makes the call happen once: sent again, with the same request, it gets the same run, while it works and after. In quotes or without them.',
          schema: { type: 'string', minLength: 1, maxLength: 257 },
        },
        Prefer: {
          name: 'Prefer',
          in: 'header',
          required: false,
          description: '`respond-async` answers with the run as soon as it is stored.',
          schema: { type: 'string' },
        },
        'X-Request-Id': {
          name: 'X-Request-Id',
          in: 'header',
          required: false,
          description: 'Names the request in the answer, in the ledger and in the log; the server’s own when unset.',
          schema: requestId,
        },
      },
      headers: {
        'X-Request-Id': { description: 'The caller’s own, or the server’s.', schema: requestId },
        'X-Run-Id': { description: 'The run that answers.', schema: uuid },
        'Idempotent-Replayed': {
          description: 'Whether an earlier call with the same key has begun the run; absent otherwise.',
          schema: { type: 'string', enum: ['true'] },
        },
        Location: { description: 'Where the run can be read.', schema: { type: 'string', format: 'uri-reference' } },
        'Preference-Applied': { description: '`respond-async`, where that was preferred.', schema: { type: 'string' } },
        'Retry-After': { description: 'How many seconds to wait.', schema: { type: 'integer', minimum: 0 } },
      },
    },
  };
}

const requestId: Schema = { type: 'string', pattern: '^[\\w.:-]{1,128}$' };

function modelPaths(path: string): Record<string, JsonObject> {
  const list = operation({
    id: `${path.replaceAll(/\W+/g, '_')}_list`,
    tag: 'models',
    summary: 'List the models',
    answers: { 200: answer('The catalogue.', 'ModelList') },
    codes: [],
  });
  return { [`/${path}`]: { get: list } };
}

function trimmed(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}
