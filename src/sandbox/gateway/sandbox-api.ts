/** The vendor APIs that the gateway proxies. */
export const SANDBOX_APIS = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const;

export type SandboxApi = (typeof SANDBOX_APIS)[number];

export function isSandboxApi(value: unknown): value is SandboxApi {
  return (SANDBOX_APIS as readonly unknown[]).includes(value);
}
