import { type IncomingHttpHeaders } from 'node:http';

/** Headers that every gateway call must send back. As with a real instance, not all values are strings. */
export type EchoedHeaders = Record<string, string | number | null>;

/** The headers of every exchange. Clients must never forward `X-Api-Key`, which is there in three spellings. */
export const ECHOED_HEADERS: EchoedHeaders = {
  'x-gitlab-unit-primitive': 'ai_gateway_model_provider_proxy',
  'x-gitlab-authentication-type': 'oidc',
  'X-Gitlab-Host-Name': 'sandbox.gitlab.local',
  'X-Gitlab-Instance-Id': '6b0e1f5e-0d5c-4a53-9d3c-5a2b7c9d0e1f',
  'X-Gitlab-Realm': 'self-managed',
  'X-Gitlab-Deployment-Type': 'self-managed',
  'X-Gitlab-Version': '18.9.0-ee',
  'X-Gitlab-Global-User-Id': 'Tm90IGEgcmVhbCB1c2VyIGlkIGF0IGFsbA==',
  'X-Gitlab-User-Id': 42,
  'x-gitlab-feature-enabled-by-namespace-ids': '9970,24',
  'X-Gitlab-Rails-Send-Start': null,
  'x-api-key': 'never-forward-this',
  'X-Api-Key': 'never-forward-this',
  'X-API-KEY': 'never-forward-this',
};

/** The same headers from an instance that sends only strings, under lower-case names. */
export const PLAIN_HEADERS: EchoedHeaders = Object.fromEntries(
  Object.entries(ECHOED_HEADERS).flatMap(([name, value]) =>
    value === null ? [] : [[name.toLowerCase(), String(value)]],
  ),
);

const NEVER_FORWARDED = new Set(['x-api-key']);

/** The name of the first echoed header that is missing or altered, in the gateway's spelling. */
export function findMismatch(expected: EchoedHeaders, received: IncomingHttpHeaders): string | undefined {
  for (const [name, value] of Object.entries(expected)) {
    const key = name.toLowerCase();
    if (value === null || NEVER_FORWARDED.has(key)) continue;
    if (received[key] !== String(value)) return titleCase(key);
  }
  return undefined;
}

function titleCase(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (match) => match.toUpperCase());
}
