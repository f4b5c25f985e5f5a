import { type INestApplication } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { serverDocument } from './server-document.js';

const PATH = '/docs';

/** Serves the description of the HTTP API: `GET /docs` for people, `GET /docs-json` for programs. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup(PATH, app, serverDocument() as unknown as OpenAPIObject, { raw: ['json'] });
}

/** Leads a program that asks for the docs as JSON to the document itself. */
export function docsUrl({
  url = '/',
  headers: { accept = '' },
}: {
  url?: string;
  headers: { accept?: string };
}): string {
  return url === PATH && /\bapplication\/json\b/i.test(accept) && !/\btext\/html\b/i.test(accept)
    ? `${PATH}-json`
    : url;
}
