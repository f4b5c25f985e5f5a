import { type HttpRequest } from './http.interface.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/gi;

/**
 * Explains why a body is not supported: it is not JSON, not in UTF-8 (RFC 8259, section 8.1), or compressed. A parser
 * that ignores the charset or the encoding would store other text than was sent, and one that inflates applies its limit
 * only afterwards. Refusing them gives the same answer on every platform. `undefined` for a supported body or no body.
 */
export function unsupportedBody(headers: HttpRequest['headers']): string | undefined {
  if (!hasBody(headers)) return undefined;
  const type = headers['content-type'] ?? '';
  if (!JSON_TYPE.test(type)) return 'The body must be JSON, with the content type application/json.';
  const charset = Array.from(type.matchAll(CHARSET), ([, quoted, plain]) => quoted ?? plain ?? '').find(isNotUtf8);
  if (charset !== undefined) return `The body must be in UTF-8, not in ${JSON.stringify(charset)}.`;
  const encoding = headers['content-encoding'] ?? '';
  if (!/^(?:identity)?$/i.test(encoding.trim())) {
    return `The body must come without a content encoding, not in ${JSON.stringify(encoding)}.`;
  }
  return undefined;
}

function isNotUtf8(charset: string): boolean {
  return !/^utf-?8$/i.test(charset);
}

function hasBody(headers: HttpRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
