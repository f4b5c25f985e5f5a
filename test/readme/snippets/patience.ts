import { type Chat, RateLimitError, UpstreamOverloadedError } from 'nestjs-gitlab-duo';
import { setTimeout as sleep } from 'node:timers/promises';

export async function askPatiently(chat: Chat, content: string) {
  try {
    return await chat.ask(content);
  } catch (error) {
    if (!(error instanceof RateLimitError || error instanceof UpstreamOverloadedError)) throw error;
    await sleep(error.retryAfterMs ?? 1_000);
    return chat.complete(); // the question is stored: to ask again would say it twice
  }
}
