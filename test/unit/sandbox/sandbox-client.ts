import { request as httpRequest } from 'node:http';

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { type Sandbox, type SandboxApi } from '../../../src/sandbox/index.js';

export const CLAUDE = 'claude-sonnet-4-6';
export const GPT_CHAT = 'gpt-5.1-2025-11-13';
export const GPT_RESPONSES = 'gpt-5.6-sol';

export type Body = Record<string, unknown>;

/** An answer, read to its end. */
export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  json: unknown;
}

const PATHS: Record<SandboxApi, string> = {
  'anthropic-messages': 'anthropic/v1/messages',
  'openai-chat': 'openai/v1/chat/completions',
  'openai-responses': 'openai/v1/responses',
};

/** The smallest request of each API that asks this. */
export function ask(api: SandboxApi, text: string, extra: Body = {}): Body {
  const messages = [{ role: 'user', content: text }];
  switch (api) {
    case 'anthropic-messages':
      return { model: CLAUDE, max_tokens: 4096, messages, ...extra };
    case 'openai-chat':
      return { model: GPT_CHAT, messages, ...extra };
    case 'openai-responses':
      return { model: GPT_RESPONSES, input: messages, ...extra };
  }
}

/** A tool as each API wants it; it takes anything unless its parameters say what. */
export function tool(api: SandboxApi, name: string, parameters: Body = { type: 'object', properties: {} }): Body {
  switch (api) {
    case 'anthropic-messages':
      return { name, input_schema: parameters };
    case 'openai-chat':
      return { type: 'function', function: { name, parameters } };
    case 'openai-responses':
      return { type: 'function', name, parameters };
  }
}

/** The event without which a stream was cut. */
export const STOP_EVENT: Record<SandboxApi, string> = {
  'anthropic-messages': 'event: message_stop\n',
  'openai-chat': 'data: [DONE]\n',
  'openai-responses': 'event: response.completed\n',
};

export function exchange(sandbox: Pick<Sandbox, 'url'>, token = 'glpat-any'): Promise<Response> {
  return fetch(`${sandbox.url}/api/v4/ai/third_party_agents/direct_access`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"feature_flags":{"DuoAgentPlatformNext":true}}',
  });
}

/** A client of the gateway with a token of its own, which sends what it is asked to, right or wrong. */
export class SandboxClient {
  private constructor(
    private readonly sandbox: Pick<Sandbox, 'url'>,
    readonly headers: Record<string, string>,
  ) {}

  static async connect(sandbox: Pick<Sandbox, 'url'>): Promise<SandboxClient> {
    const granted = (await (await exchange(sandbox)).json()) as {
      token: string;
      headers: Record<string, string | number | null>;
    };
    const echoed = Object.entries(granted.headers).flatMap(([name, value]) =>
      value === null || name.toLowerCase() === 'x-api-key' ? [] : [[name.toLowerCase(), String(value)]],
    );
    return new SandboxClient(sandbox, {
      ...(Object.fromEntries(echoed) as Record<string, string>),
      authorization: `Bearer ${granted.token}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
    });
  }

  url(api: SandboxApi): string {
    return `${this.sandbox.url}/ai/v1/proxy/${PATHS[api]}`;
  }

  async post(api: SandboxApi, body: Body, headers = this.headers): Promise<Answered> {
    return answered(await fetch(this.url(api), { method: 'POST', headers, body: JSON.stringify(body) }));
  }

  stream(api: SandboxApi, text: string, extra: Body = {}): Promise<Answered> {
    return this.post(api, ask(api, text, { stream: true, ...extra }));
  }

  /** The packets of a stream as they came; `end` tells how it ended. */
  packets(
    api: SandboxApi,
    body: Body,
    onPacket?: (packet: Buffer) => void,
  ): Promise<{ packets: Buffer[]; end: string }> {
    return new Promise((resolve) => {
      const packets: Buffer[] = [];
      const request = httpRequest(this.url(api), { method: 'POST', headers: this.headers, agent: false });
      const finish = (end: string) => {
        resolve({ packets, end });
      };
      request.on('error', (error: NodeJS.ErrnoException) => {
        finish(error.code ?? error.message);
      });
      request.on('response', (response) => {
        response.on('data', (packet: Buffer) => {
          packets.push(packet);
          onPacket?.(packet);
        });
        response.on('end', () => {
          finish('end');
        });
        response.on('error', (error: NodeJS.ErrnoException) => {
          finish(error.code ?? error.message);
        });
      });
      request.end(JSON.stringify(body));
    });
  }

  get anthropic(): Anthropic {
    const baseURL = `${this.sandbox.url}/ai/v1/proxy/anthropic`;
    return new Anthropic({ apiKey: null, authToken: this.token, baseURL, defaultHeaders: this.headers, maxRetries: 0 });
  }

  get openai(): OpenAI {
    const baseURL = `${this.sandbox.url}/ai/v1/proxy/openai/v1`;
    return new OpenAI({ apiKey: this.token, baseURL, defaultHeaders: this.headers, maxRetries: 0 });
  }

  private get token(): string {
    return String(this.headers.authorization).slice('Bearer '.length);
  }
}

export async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
