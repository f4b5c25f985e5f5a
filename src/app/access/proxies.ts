import { isIP } from 'node:net';
import { ConfigurationError } from '../../errors/request.errors.js';

/**
 * Reads the addresses and subnets of proxies, separated by commas.
 * @throws ConfigurationError
 */
export function parseProxies(text: string | undefined): string[] {
  const proxies = text?.split(',').map((proxy) => proxy.trim()) ?? [];
  const wrong = proxies.filter((proxy) => !isSubnet(proxy));
  if (wrong.length === 0) return proxies;
  throw new ConfigurationError(
    `TRUST_PROXY must have addresses or subnets of proxies, separated by commas, such as 10.0.0.0/8; it has ${wrong.map((proxy) => JSON.stringify(proxy)).join(', ')}.`,
  );
}

function isSubnet(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return bits === undefined ? most > 0 : Number(bits) >= 1 && Number(bits) <= most;
}
