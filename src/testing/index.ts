export { createDuoTestingModule, type DuoTestingOptions } from './create-duo-testing-module.js';
export { DuoScript } from './duo-script.service.js';
export { type ScriptedAnswer, type ScriptedReply, type ScriptedToolCall } from './scripted-reply.interface.js';
