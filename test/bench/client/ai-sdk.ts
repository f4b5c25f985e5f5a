import { createAnthropic } from '@ai-sdk/anthropic';
import { experimental_streamTextLowMemory as streamTextLowMemory, type LanguageModel, streamText } from 'ai';
import { createGitLab } from 'gitlab-ai-provider';
import { type Contestant } from './contestant.interface.js';

/** `streamText` of AI SDK on its own Anthropic provider. */
export function aiSdk(url: string): Contestant {
  return textStreamOf(streamText, anthropic(url));
}

/** The same with its stream for one reader, which keeps neither a copy for a second one nor the whole text. */
export function aiSdkLowMemory(url: string): Contestant {
  return textStreamOf(streamTextLowMemory, anthropic(url));
}

/** `streamText` of AI SDK on GitLab's provider, which exchanges its token first. */
export function gitlabAiProvider(url: string): Contestant {
  const gitlab = createGitLab({ apiKey: 'token', instanceUrl: url, aiGatewayUrl: url });
  return textStreamOf(streamText, gitlab('duo-chat-sonnet-4-6'));
}

function anthropic(url: string): LanguageModel {
  return createAnthropic({ apiKey: 'token', baseURL: `${url}/v1` })('claude-sonnet-4-6');
}

function textStreamOf(stream: typeof streamText | typeof streamTextLowMemory, model: LanguageModel): Contestant {
  return {
    async read(onChunks) {
      const { textStream } = stream({ model, prompt: 'Tell me a story', maxRetries: 0 });
      for await (const text of textStream) if (text !== '') onChunks(1);
    },
  };
}
