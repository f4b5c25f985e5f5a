import { Module } from '@nestjs/common';
import { GitlabDuoModule } from 'nestjs-gitlab-duo';

@Module({
  imports: [
    GitlabDuoModule.forRoot({
      models: [
        { id: 'duo-chat-opus-6', upstreamId: 'claude-opus-6', api: 'anthropic-messages', maxOutputTokens: 128_000 },
        { id: 'duo-chat-haiku-5-5', status: 'active' }, // alpha models are refused until they are named
        { id: 'duo-chat-gpt-5-5', api: 'openai-responses' }, // thinks beside tools there
      ],
    }),
  ],
})
export class NewModelsModule {}
