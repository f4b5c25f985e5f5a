import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type Sandbox, startSandbox } from 'nestjs-gitlab-duo/sandbox';

export const SANDBOX = Symbol('sandbox');

/** GitLab Duo on this machine. */
@Module({ providers: [{ provide: SANDBOX, useFactory: () => startSandbox() }], exports: [SANDBOX] })
export class SandboxModule implements OnApplicationShutdown {
  constructor(@Inject(SANDBOX) private readonly sandbox: Sandbox) {}

  onApplicationShutdown(): Promise<void> {
    return this.sandbox.close();
  }
}
