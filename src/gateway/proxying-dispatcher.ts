import { Agent, type Dispatcher, EnvHttpProxyAgent, errors, Pool } from 'undici';
import { ConfigurationError } from '../errors/request.errors.js';

/** How long an idle connection is kept for the next request, where the other side does not say. */
const KEEP_ALIVE_MS = 30_000;

/** The variables that name a proxy. */
const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/**
 * A dispatcher that goes through the proxy of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
 * @param connectMs for the connection to the proxy, for its tunnel and for the connection itself, each
 * @throws ConfigurationError when a proxy's address cannot work
 */
export function proxyingDispatcher(connectMs: number): Dispatcher {
  const connection = { timeout: connectMs };
  if (!PROXIES.some((name) => process.env[name])) {
    return new Agent({ connect: connection, keepAliveTimeout: KEEP_ALIVE_MS });
  }
  try {
    return new EnvHttpProxyAgent({
      connect: connection,
      requestTls: connection,
      proxyTls: connection,
      clientFactory: (origin, options) => tunnelling(new Pool(origin, { ...options, headersTimeout: connectMs })),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
  } catch {
    // Without the cause: an address may hold a password.
    throw new ConfigurationError(
      'The proxy of HTTPS_PROXY or HTTP_PROXY cannot be used: it must be a URL such as http://proxy.example:3128.',
    );
  }
}

/** To a proxy that does not answer there is no connection, though undici speaks of headers then. */
function tunnelling(proxy: Pool): Pool {
  const connect: (to: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = proxy.connect.bind(proxy);
  const tunnel = (to: Dispatcher.ConnectOptions) =>
    connect(to).catch((error: unknown) => {
      throw error instanceof errors.HeadersTimeoutError ? new errors.ConnectTimeoutError() : error;
    });
  return Object.assign(proxy, { connect: tunnel });
}
