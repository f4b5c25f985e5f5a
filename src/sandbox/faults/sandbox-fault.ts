/** Faults of the token exchange. */
export const EXCHANGE_FAULT_NAMES = [
  'exchange-unauthorized',
  'exchange-expired',
  'exchange-revoked',
  'exchange-insufficient-scope',
  'exchange-forbidden',
  'exchange-not-found',
  'exchange-login-page',
  'exchange-rate-limit',
  'exchange-creation-failed',
  'exchange-token-missing',
  'exchange-http-error',
  'exchange-missing-namespace',
  'exchange-hang',
  'exchange-reset',
  'exchange-invalid-json',
  'exchange-empty-object',
  'exchange-null-headers',
  'exchange-no-expiry',
  'exchange-plain-headers',
  'exchange-redirect',
  'exchange-latency',
  'exchange-short-lived',
] as const;

/** Faults of the gateway before an answer begins. */
export const GATEWAY_FAULT_NAMES = [
  'gateway-unauthorized',
  'gateway-unauthorized-twice',
  'gateway-no-authorization',
  'gateway-header-mismatch',
  'gateway-unsupported-model',
  'gateway-invalid-json',
  'gateway-missing-header',
  'gateway-bad-request',
  'gateway-bad-max-tokens',
  'gateway-image-too-large',
  'gateway-context-decoy',
  'gateway-context-overflow',
  'gateway-context-overflow-by-output',
  'gateway-insufficient-credits',
  'gateway-not-enabled',
  'gateway-not-entitled',
  'gateway-forbidden',
  'gateway-forbidden-page',
  'gateway-not-found',
  'gateway-too-large',
  'gateway-unprocessable',
  'gateway-rate-limit',
  'gateway-rate-limit-retry-after',
  'gateway-internal-error',
  'gateway-bad-gateway',
  'gateway-error-page',
  'gateway-overloaded',
  'gateway-wrapped-error',
  'gateway-wrapped-rate-limit',
  'gateway-wrapped-bad-request',
  'gateway-wrapped-context-overflow',
  'gateway-redirect',
  'gateway-hang',
  'gateway-reset',
] as const;

/** Refusals of earlier reasoning; only requests that replay reasoning use them up. */
export const REPLAY_FAULT_NAMES = ['gateway-reasoning-refused'] as const;

/** Refusals to enforce a schema; only requests with a schema to enforce use them up. */
export const SCHEMA_FAULT_NAMES = ['gateway-schema-refused'] as const;

/** Answers that end in an unusual way, streamed or not. */
export const ANSWER_FAULT_NAMES = [
  'answer-empty',
  'answer-not-json',
  'answer-wrong-json',
  'answer-refusal',
  'answer-pause-turn',
  'answer-max-tokens',
  'answer-max-tokens-in-tool',
  'answer-context-window',
  'answer-huge-tool-call',
  'answer-malformed-tool-call',
] as const;

/** Streams that are not delivered as plain events; only requests that stream use them up. */
export const DELIVERY_FAULT_NAMES = ['stream-json-body', 'stream-gzip'] as const;

/** Faults of a stream that has begun; only requests that stream use them up. */
export const STREAM_FAULT_NAMES = [
  'stream-error',
  'stream-error-before-text',
  'stream-error-event',
  'stream-cut',
  'stream-cut-in-tool',
  'stream-reset',
  'stream-stall',
  'stream-stall-with-pings',
  'stream-late-first-byte',
  'stream-byte-by-byte',
  'stream-one-write',
  'stream-utf8-split',
  'stream-crlf',
  'stream-lone-cr',
  'stream-byte-order-mark',
  'stream-comments',
  'stream-no-space',
  'stream-multi-line-data',
  'stream-unknown-events',
  'stream-unknown-deltas',
  'stream-interleaved-calls',
  'stream-late-tool-name',
] as const;

/** Faults that take effect once, as soon as they are planned. */
export const IMMEDIATE_FAULT_NAMES = ['revoke-tokens'] as const;

export type ExchangeFault = (typeof EXCHANGE_FAULT_NAMES)[number];
export type GatewayFault = (typeof GATEWAY_FAULT_NAMES)[number];
export type ReplayFault = (typeof REPLAY_FAULT_NAMES)[number];
export type SchemaFault = (typeof SCHEMA_FAULT_NAMES)[number];
export type AnswerFault = (typeof ANSWER_FAULT_NAMES)[number];
export type DeliveryFault = (typeof DELIVERY_FAULT_NAMES)[number];
export type StreamFault = (typeof STREAM_FAULT_NAMES)[number];
export type ImmediateFault = (typeof IMMEDIATE_FAULT_NAMES)[number];

/** All faults. */
export const SANDBOX_FAULTS = [
  ...EXCHANGE_FAULT_NAMES,
  ...GATEWAY_FAULT_NAMES,
  ...REPLAY_FAULT_NAMES,
  ...SCHEMA_FAULT_NAMES,
  ...ANSWER_FAULT_NAMES,
  ...DELIVERY_FAULT_NAMES,
  ...STREAM_FAULT_NAMES,
  ...IMMEDIATE_FAULT_NAMES,
] as const;

export type SandboxFault = (typeof SANDBOX_FAULTS)[number];
