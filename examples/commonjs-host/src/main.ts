import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { startSandbox } from 'nestjs-gitlab-duo/sandbox';
import { AppModule } from './app.module';

async function bootstrap(): Promise<void> {
  // Without a token a GitLab Duo on this machine answers.
  const sandbox = process.env.GITLAB_TOKEN === undefined ? await startSandbox() : undefined;
  const app = await NestFactory.create(AppModule.with(sandbox), { logger: ['error', 'warn'] });
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`Listening on ${await app.getUrl()}`);

  process.once('SIGTERM', () => void app.close().then(() => sandbox?.close()));
}

void bootstrap();
