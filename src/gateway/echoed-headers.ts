/** Hop-by-hop headers, headers that this client sets itself, and credentials that are not for the gateway. */
const forbidden = new Set([
  'x-api-key',
  'authorization',
  'proxy-authorization',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'accept',
  'accept-encoding',
  'user-agent',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const validName = /^[!#$%&'*+\-.^_`|~\w]+$/;
const validValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of an exchange's answer that may be echoed, values unaltered; numbers and booleans become strings. */
export function echoedHeaders(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
    const text = String(value);
    const isEchoed = !forbidden.has(name.toLowerCase()) && validName.test(name) && validValue.test(text);
    return isEchoed ? [[name, text]] : [];
  });
  return Object.fromEntries(entries);
}
