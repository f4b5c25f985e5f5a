import { readFileSync } from 'node:fs';

const read = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url));

/** A certificate for `localhost` and 127.0.0.1 that a private authority has issued; good until 2120, and for tests only. */
export const certificate = { key: read('server-key.pem'), cert: read('server.pem') };

/** The private authority's own certificate. */
export const authority = read('authority.pem');
