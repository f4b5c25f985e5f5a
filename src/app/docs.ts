import { type IncomingMessage } from 'node:http';
import { type INestApplication } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { serverDocument } from './server-document.js';

const PATH = '/docs';
const JSON_TYPE = 'application/json';

/** Serves the description of the HTTP API: `GET /docs` for people, `GET /docs-json` for programs. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup(PATH, app, serverDocument() as unknown as OpenAPIObject, { raw: ['json'] });
}

/** Leads `GET /` to the docs. */
export function leadToDocs(app: INestApplication): void {
  app.getHttpAdapter().get('/', (_request: unknown, reply: FastifyReply) => reply.redirect(PATH, 302));
}

/** Leads a program that asks for the docs as JSON to the document itself. */
export function docsUrl({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const isProgram = url === PATH && new Negotiator({ headers }).mediaType(['text/html', JSON_TYPE]) === JSON_TYPE;
  return isProgram ? `${PATH}-json` : url;
}
