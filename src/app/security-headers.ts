import { type IncomingMessage, type ServerResponse } from 'node:http';
import helmet from 'helmet';
import { NO_STORE } from '../http/answer-headers.js';

/** For answers that come before any hook: nothing may be made of them but a problem to be read, once. */
export const BARE_SECURITY_HEADERS = {
  'cache-control': NO_STORE,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/**
 * For JSON, events and the page of the docs, which loads its own scripts and styles and asks this server alone. Whether
 * a name is to be reached by TLS only is for the proxy to say that speaks TLS. They are the same for every response, and
 * so made once.
 */
export const SECURITY_HEADERS = headersOf(
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'base-uri': ["'none'"],
        'connect-src': ["'self'"],
        'font-src': ["'self'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'img-src': ["'self'", 'data:'],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  }),
);

/** The headers that a middleware sets whatever the request. */
function headersOf(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  middleware({} as IncomingMessage, response as unknown as ServerResponse, () => undefined);
  return headers;
}
