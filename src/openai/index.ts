export { GitlabDuoOpenAiModule, type GitlabDuoOpenAiModuleOptions } from './gitlab-duo-openai.module.js';
export { OpenAiErrorFilter } from './openai-error.filter.js';
