export { GitlabDuoHttpModule, type GitlabDuoHttpModuleOptions } from './gitlab-duo-http.module.js';
export { ModelsController } from './models.controller.js';
export { type OwnerResolver } from './owner-resolver.interface.js';
export { ProblemFilter } from './problem.filter.js';
