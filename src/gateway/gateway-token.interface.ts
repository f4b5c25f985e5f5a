/** What a credential was exchanged for. Two tokens are the same only if they are the same object. */
export interface GatewayToken {
  readonly token: string;
  /** To be echoed on every call of the gateway, already without those that must not go there. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long the token is used from when it came, in milliseconds; 0 or less: for the call that waits for it alone. */
  readonly lifetimeMs: number;
}
