export { type ModelMessage } from '../messages/message.interface.js';
export {
  type ModelAnswer,
  type ModelEvent,
  type ModelRequest,
  type ToolDefinition,
} from '../messages/model-request.interface.js';
export { type AttemptLedger, type AttemptOutcome, type StepOutcome } from '../router/attempt.interface.js';
export { type RouteOptions, type StreamOptions } from '../router/duo-router.service.js';
