import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type Contestant } from './contestant.interface.js';

const QUESTION = [{ role: 'user' as const, content: 'Tell me a story' }];

/** `@anthropic-ai/sdk`, its raw events. */
export function anthropicSdk(url: string): Contestant {
  const client = new Anthropic({ apiKey: 'token', baseURL: url, maxRetries: 0 });
  return {
    async read(onChunks) {
      const body = { model: 'claude-sonnet-4-6', max_tokens: 1_000, messages: QUESTION, stream: true as const };
      for await (const event of await client.messages.create(body)) {
        if (event.type === 'content_block_delta') onChunks(1);
      }
    },
  };
}

/** `openai`, the chunks of Chat Completions. */
export function openaiChat(url: string): Contestant {
  const client = new OpenAI({ apiKey: 'token', baseURL: `${url}/v1`, maxRetries: 0 });
  return {
    async read(onChunks) {
      const body = { model: 'gpt-5.2', messages: QUESTION, stream: true as const };
      for await (const chunk of await client.chat.completions.create(body)) {
        if (chunk.choices[0]?.delta.content) onChunks(1);
      }
    },
  };
}

/** `openai`, the events of Responses. */
export function openaiResponses(url: string): Contestant {
  const client = new OpenAI({ apiKey: 'token', baseURL: `${url}/v1`, maxRetries: 0 });
  return {
    async read(onChunks) {
      const body = { model: 'gpt-5.6-sol', input: QUESTION, stream: true as const };
      for await (const event of await client.responses.create(body)) {
        if (event.type === 'response.output_text.delta') onChunks(1);
      }
    },
  };
}
