import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type GitlabDuoModuleOptions } from './config/gitlab-duo-options.interface.js';

/** What says nothing of GitLab but of the module itself. */
interface GitlabDuoModuleExtras {
  /** Whether the services can be injected everywhere; true by default. Persistence (`forFeature`) needs it. */
  isGlobal?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<GitlabDuoModuleOptions>({ moduleName: 'GitlabDuo' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createGitlabDuoOptions')
    .setExtras<GitlabDuoModuleExtras>({ isGlobal: true }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal ?? true,
    }))
    .build();

/**
 * Implemented by a class that makes the options, for `forRootAsync({ useClass })` and `useExisting`.
 * @publicApi
 */
export interface GitlabDuoOptionsFactory {
  createGitlabDuoOptions(): GitlabDuoModuleOptions | Promise<GitlabDuoModuleOptions>;
}
