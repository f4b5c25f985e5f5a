export { Agent, type AgentOptions } from './agents/agent.decorator.js';
export { type AgentContext, type ContextOf } from './agents/agent-context.interface.js';
export { type AgentAskOptions, type CreateAgentChat, DuoAgent } from './agents/duo-agent.js';
export { ActsAsChat, type ActsAsChatOptions, type ChatOf } from './chats/acts-as-chat.mixin.js';
export { ActsAsMessage, type ActsAsMessageOptions, type MessageOf } from './chats/acts-as-message.mixin.js';
export { Chat, Message } from './chats/chat.entity.js';
export { type ChatClass } from './chats/chat-kind.js';
export { ChatRef } from './chats/chat-ref.js';
export { DuoChatService } from './chats/duo-chat.service.js';
export {
  type Answer,
  type ChatChanges,
  type CreateChat,
  type MessageOfChat,
  type MessagePageOptions,
  type OwnerOption,
  type Page,
  type PageOptions,
  type Period,
} from './chats/duo-chat-service.interface.js';
export { DuoAttempt } from './chats/entities/duo-attempt.entity.js';
export { DuoChat } from './chats/entities/duo-chat.entity.js';
export { DUO_ENTITIES } from './chats/entities/duo-entities.js';
export { DuoIdempotencyKey } from './chats/entities/duo-idempotency-key.entity.js';
export { DuoInstance } from './chats/entities/duo-instance.entity.js';
export { DuoMessage } from './chats/entities/duo-message.entity.js';
export { DuoRunEvent } from './chats/entities/duo-run-event.entity.js';
export { DuoRun } from './chats/entities/duo-run.entity.js';
export { DuoToolCall } from './chats/entities/duo-tool-call.entity.js';
export { DUO_MIGRATIONS } from './chats/migrations/duo-migrations.js';
export { createDuoDataSource } from './chats/store/connection-guard.js';
export { getDuoChatToken, InjectDuoChat } from './chats/inject-duo-chat.decorator.js';
export {
  type Caller,
  type CredentialContext,
  type Credentials,
  type GitlabDuoModuleOptions,
  type LimitOptions,
  type Recovery,
  type RetryOptions,
  type TimeoutOptions,
  type WhenBusy,
} from './config/gitlab-duo-options.interface.js';
export { type ModelInput, type ModelOption, type ModelTraits } from './config/model-option.interface.js';
export {
  type AnswerChunk,
  type AskOptions,
  type CompleteOptions,
  type ConversationMessage,
  type DecisionOptions,
  type NewMessage,
  type OnChunk,
  type ToolClass,
  type ToolUse,
} from './conversation/ask-options.interface.js';
export { MemoryChat } from './conversation/memory-chat.js';
export { DuoService, type NewConversation } from './conversation/duo.service.js';
export {
  type CancelledAnswer,
  type OpenAnswer,
  type ParkedAnswer,
  type ParsedAnswer,
  type ParsingVerbs,
  type WholeAnswer,
} from './conversation/parsed-answer.interface.js';
export {
  ChatBusyError,
  ChatLockedError,
  ChatNotFoundError,
  DatabaseUnavailableError,
  PendingToolCallsError,
  QueueFullError,
  ToolCallDecidedError,
  ToolCallNotFoundError,
} from './errors/chat.errors.js';
export { type ErrorCode, GitlabDuoError } from './errors/gitlab-duo.error.js';
export { type Problem, problem, StoredProblemError, toProblem } from './errors/problem.js';
export { MessageNotFoundError, WrongMessageRoleError } from './errors/message.errors.js';
export { ConfigurationError, ServerBusyError, UnknownModelError, ValidationError } from './errors/request.errors.js';
export {
  IdempotencyKeyReusedError,
  RunCancelledError,
  RunInterruptedError,
  RunLostError,
  RunNotFoundError,
  RunReleasedError,
  SchemaMismatchError,
  StepLimitError,
  TooManyFollowersError,
  TooManyRunsError,
} from './errors/run.errors.js';
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
export { type LastExchange } from './gateway/last-exchange.interface.js';
export { GitlabDuoModule } from './gitlab-duo.module.js';
export { type GitlabDuoOptionsFactory } from './gitlab-duo.module-definition.js';
export { type Effort } from './messages/effort.js';
export { type JsonObject, type JsonValue } from './messages/json.interface.js';
export {
  type AnswerRecord,
  type AnswerStatus,
  type FinishReason,
  type MessageRecord,
  type MessageStatus,
  type Role,
  type Usage,
} from './messages/message.interface.js';
export {
  type ModelParams,
  type ParamChanges,
  type Thinking,
  type ToolChoice,
} from './messages/model-request.interface.js';
export {
  type Api,
  type FilePart,
  type PromptPart,
  type Part,
  type ReasoningPart,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  type Vendor,
  type VendorPart,
} from './messages/part.interface.js';
export { type ToolCallRecord, type ToolCallStatus } from './messages/tool-call.interface.js';
export { type ToolCallState } from './chats/store/tool-call-states.js';
export {
  type AttemptStatus,
  type ChatUsage,
  type ModelUsage,
  type UsageReport,
  type UsageTotals,
} from './messages/usage-report.js';
export { type Model, type ModelStatus } from './models/model.interface.js';
export { ModelRegistry } from './models/model-registry.js';
export { DuoRouterService } from './router/duo-router.service.js';
export {
  type PartRejectedEvent,
  type ApprovalRequest,
  type ResetEvent,
  type RunEndStatus,
  type RunEvent,
  type RunStatus,
} from './runs/run-event.interface.js';
export { type RunListOptions, type RunRecord } from './runs/run-record.interface.js';
export { type FollowOptions, type IndexedRunEvent, type Run } from './runs/run.interface.js';
export { type RunOptions } from './runs/run-options.js';
export { type InputOf, type OutputOf, type SchemaSource } from './schemas/schema.interface.js';
export { type StandardResult, type StandardSchema } from './schemas/standard-schema.interface.js';
export { type DuoTool, type ToolContext, type ToolInput } from './tools/duo-tool.interface.js';
export { ToolFiles, toolFiles } from './tools/tool-files.js';
export { Tool, type ToolOptions } from './tools/tool.decorator.js';
// Lets TypeScript name, in the declarations of a host, the types that DuoRouterService returns.
export type {} from './types/index.js';
