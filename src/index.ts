export { ActsAsChat, type ActsAsChatOptions, type ChatOf } from './chats/acts-as-chat.mixin.js';
export { ActsAsMessage, type ActsAsMessageOptions, type MessageOf } from './chats/acts-as-message.mixin.js';
export { Chat, Message } from './chats/chat.entity.js';
export { DuoChatService } from './chats/duo-chat.service.js';
export {
  type AskByIdOptions,
  type ChatChanges,
  type CompleteByIdOptions,
  type CreateChat,
  type MessagePageOptions,
  type OwnerOption,
  type Page,
  type PageOptions,
} from './chats/duo-chat-service.interface.js';
export { DuoAttempt } from './chats/entities/duo-attempt.entity.js';
export { DuoChat } from './chats/entities/duo-chat.entity.js';
export { DUO_ENTITIES } from './chats/entities/duo-entities.js';
export { DuoInstance } from './chats/entities/duo-instance.entity.js';
export { DuoMessage } from './chats/entities/duo-message.entity.js';
export { DuoRunEvent } from './chats/entities/duo-run-event.entity.js';
export { DuoRun } from './chats/entities/duo-run.entity.js';
export { DuoToolCall } from './chats/entities/duo-tool-call.entity.js';
export { getDuoChatToken, InjectDuoChat } from './chats/inject-duo-chat.decorator.js';
export {
  type Caller,
  type CredentialContext,
  type Credentials,
  type GitlabDuoModuleOptions,
  type RetryOptions,
  type TimeoutOptions,
} from './config/gitlab-duo-options.interface.js';
export {
  type AnswerChunk,
  type AskOptions,
  type ConversationMessage,
  type NewMessage,
  type OnChunk,
} from './conversation/ask-options.interface.js';
export { Conversation } from './conversation/conversation.js';
export { DuoService, type NewConversation } from './conversation/duo.service.js';
export { ChatBusyError, ChatLockedError, ChatNotFoundError, DatabaseUnavailableError } from './errors/chat.errors.js';
export { type ErrorCode, GitlabDuoError } from './errors/gitlab-duo.error.js';
export { type Problem, problem, toProblem } from './errors/problem.js';
export { ConfigurationError, ServerBusyError, UnknownModelError, ValidationError } from './errors/request.errors.js';
export { RunInterruptedError, RunLostError } from './errors/run.errors.js';
export {
  ContextWindowExceededError,
  GatewayAuthError,
  InsufficientCreditsError,
  PayloadTooLargeError,
  RateLimitError,
  UpstreamError,
  UpstreamOverloadedError,
  UpstreamTimeoutError,
} from './errors/upstream.errors.js';
export { GitlabDuoModule } from './gitlab-duo.module.js';
export { type GitlabDuoOptionsFactory } from './gitlab-duo.module-definition.js';
export { type JsonObject, type JsonValue } from './messages/json.interface.js';
export {
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type ModelMessage,
  type Role,
  type Usage,
} from './messages/message.interface.js';
export {
  type ModelAnswer,
  type ModelEvent,
  type ModelParams,
  type ModelRequest,
  type Thinking,
  type ToolDefinition,
} from './messages/model-request.interface.js';
export {
  type Api,
  type FilePart,
  type Part,
  type ReasoningPart,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
} from './messages/part.interface.js';
export { type Model } from './models/model.interface.js';
export { ModelRegistry } from './models/model-registry.js';
export { DuoRouterService, type StreamOptions } from './router/duo-router.service.js';
export { LiveRun, type RunEventBatch, type RunResult } from './runs/live-run.js';
export { type ResetEvent, type RunEndStatus, type RunEvent, type RunStatus } from './runs/run-event.interface.js';
