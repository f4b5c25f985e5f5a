export { createDuoTestingModule, type DuoTestingOptions } from './create-duo-testing-module.js';
export { DuoScript, type Take } from './duo-script.service.js';
export {
  type ScriptedAnswer,
  type ScriptedOutcome,
  type ScriptedReply,
  type ScriptedToolCall,
} from './scripted-reply.interface.js';
