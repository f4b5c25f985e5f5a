import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type Sandbox, startSandbox } from 'nestjs-gitlab-duo/sandbox';

export const SANDBOX = Symbol('sandbox');

const sandbox = {
  provide: SANDBOX,
  useFactory: () => (process.env.GITLAB_TOKEN === undefined ? startSandbox() : null),
};

/** A GitLab Duo on this machine, which answers where there is no token. */
@Module({ providers: [sandbox], exports: [SANDBOX] })
export class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(SANDBOX) private readonly sandbox: Sandbox | null) {}

  async onApplicationShutdown(): Promise<void> {
    await this.sandbox?.close();
  }
}
