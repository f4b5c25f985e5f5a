export { GitlabDuoUiModule, type GitlabDuoUiModuleOptions } from './gitlab-duo-ui.module.js';
export { type UiApproval, type UiMessage, type UiPart, type UiToolPart } from './ui-message.interface.js';
export { type UiMetadata } from './ui-chunk.interface.js';
export { type UiVersion } from './ui-version.js';
