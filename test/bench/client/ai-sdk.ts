import { createAnthropic } from '@ai-sdk/anthropic';
import { type LanguageModel, streamText } from 'ai';
import { createGitLab } from 'gitlab-ai-provider';
import { type Contestant } from './contestant.interface.js';

/** `streamText` of AI SDK on its own Anthropic provider. */
export function aiSdk(url: string): Contestant {
  return textStreamOf(createAnthropic({ apiKey: 'token', baseURL: `${url}/v1` })('claude-sonnet-4-6'));
}

/** `streamText` of AI SDK on GitLab's provider, which exchanges its token first. */
export function gitlabAiProvider(url: string): Contestant {
  return textStreamOf(createGitLab({ apiKey: 'token', instanceUrl: url, aiGatewayUrl: url })('duo-chat-sonnet-4-6'));
}

function textStreamOf(model: LanguageModel): Contestant {
  return {
    async read(onChunks) {
      const { textStream } = streamText({ model, prompt: 'Tell me a story', maxRetries: 0 });
      for await (const text of textStream) if (text !== '') onChunks(1);
    },
  };
}
