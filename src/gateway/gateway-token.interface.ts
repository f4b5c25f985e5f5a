/** What a personal access token was exchanged for. Two tokens are the same only if they are the same object. */
export interface GatewayToken {
  readonly token: string;
  /** To be echoed on every call of the gateway, already without those that must not go there. */
  readonly headers: Readonly<Record<string, string>>;
  /** Until when the token is used, in milliseconds of the epoch. */
  readonly validUntil: number;
}
