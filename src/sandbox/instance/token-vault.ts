import { createHash } from 'node:crypto';

import { type EchoedHeaders } from './echoed-headers.js';

/** A gateway token as the instance issues it. */
export interface Grant {
  token: string;
  headers: EchoedHeaders;
  /** Epoch seconds. */
  expires_at: number;
}

/** The gateway tokens that this sandbox has issued and not revoked. */
export class TokenVault {
  private readonly grants = new Map<string, Grant>();
  private issued = 0;

  issue(headers: EchoedHeaders, lifetimeSeconds: number): Grant {
    this.dropExpired();
    this.issued += 1;
    const expiresAt = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const grant = { token: tokenOf(this.issued, expiresAt), headers, expires_at: expiresAt };
    this.grants.set(grant.token, grant);
    return grant;
  }

  /** The live grant of a token; `undefined` when it was never issued, has expired or was revoked. */
  find(token: string): Grant | undefined {
    const grant = this.grants.get(token);
    return grant && !isExpired(grant) ? grant : undefined;
  }

  revokeAll(): void {
    this.grants.clear();
  }

  private dropExpired(): void {
    for (const [token, grant] of this.grants) if (isExpired(grant)) this.grants.delete(token);
  }
}

function isExpired(grant: Grant): boolean {
  return Date.now() >= grant.expires_at * 1000;
}

/** Makes a token in the form of a JSON Web Token; its signature is only a digest. */
function tokenOf(serial: number, expiresAt: number): string {
  const head = encode({ alg: 'RS256', typ: 'JWT' });
  const claims = encode({ iss: 'gitlab-duo-sandbox', jti: serial, exp: expiresAt, nonce: Math.random() });
  return `${head}.${claims}.${createHash('sha256').update(`${head}.${claims}`).digest('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
