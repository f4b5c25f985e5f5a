export { MESSAGE_BODY_LIMIT } from './body-limits.js';
export { GitlabDuoHttpModule, type GitlabDuoHttpModuleOptions } from './gitlab-duo-http.module.js';
export { ModelsController } from './models.controller.js';
export { openApiDocument, type OpenApiDocument, type OpenApiDocumentOptions } from './openapi/document.js';
export { type OwnerResolver } from './owner-resolver.interface.js';
export { ProblemFilter } from './problem.filter.js';
