import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { startSandbox } from 'nestjs-gitlab-duo/sandbox';
import { AppModule } from './app.module';

async function bootstrap(): Promise<void> {
  const sandbox = await startSandbox();
  process.env.GITLAB_TOKEN = 'any';
  process.env.GITLAB_INSTANCE_URL = sandbox.url;
  process.env.GITLAB_GATEWAY_URL = sandbox.url;
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`Listening on ${await app.getUrl()}`);

  process.once('SIGTERM', () => void app.close().then(() => sandbox.close()));
}

void bootstrap();
