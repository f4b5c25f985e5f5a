import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Sandbox, type SandboxApi, startSandbox } from '../../../src/sandbox/index.js';
import { ask, SandboxClient } from './sandbox-client.js';

const MODELS: Record<SandboxApi, string[]> = {
  'anthropic-messages': [
    'claude-opus-4-6',
    'claude-sonnet-4-6',
    'claude-opus-4-5-20251101',
    'claude-sonnet-4-5-20250929',
    'claude-haiku-4-5-20251001',
    'claude-fable-5-1',
    'claude-fable-5',
    'claude-opus-5',
    'claude-opus-4-8',
    'claude-opus-4-7',
    'claude-sonnet-5',
    'claude-opus-5-5',
    'claude-sonnet-5-5',
    'claude-haiku-5-5',
  ],
  'openai-chat': [
    'gpt-5.1-2025-11-13',
    'gpt-5.2-2025-12-11',
    'gpt-5-mini-2025-08-07',
    'gpt-5.5-2026-04-23',
    'gpt-5.4-2026-03-05',
    'gpt-5.4-mini',
    'gpt-5.4-nano',
  ],
  'openai-responses': [
    'gpt-6-astra',
    'gpt-6-sol',
    'gpt-6-luna',
    'gpt-6.1-sol',
    'gpt-5.6-sol',
    'gpt-5.6-terra',
    'gpt-5.6-luna',
    'gpt-5-codex',
    'gpt-5.2-codex',
    'gpt-5.3-codex',
  ],
};

describe('The 31 models of the sandbox', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;

  beforeAll(async () => {
    sandbox = await startSandbox();
    client = await SandboxClient.connect(sandbox);
  });

  afterAll(() => sandbox.close());

  const served = Object.entries(MODELS).flatMap(([api, models]) =>
    models.map((model) => [model, api as SandboxApi] as const),
  );

  it.each(served)('include %s, which only %s serves', async (model, home) => {
    for (const api of Object.keys(MODELS) as SandboxApi[]) {
      const { status } = await client.post(api, ask(api, 'Hello', { model }));
      expect([api, status]).toEqual([api, api === home ? 200 : 400]);
    }
  });
});
