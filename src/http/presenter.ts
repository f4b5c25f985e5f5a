import { type ChatOf } from '../chats/acts-as-chat.mixin.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { type DuoRun } from '../chats/entities/duo-run.entity.js';
import { messageRecord } from '../chats/message-entity.js';
import { type Problem } from '../errors/problem.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type MessageRecord, type Usage } from '../messages/message.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type RunStatus } from '../runs/run-event.interface.js';
import { clientParams } from './client-params.js';

/** A chat as the HTTP API shows it. */
export interface ChatView {
  id: string;
  title: string | null;
  model: string;
  /** The settings that clients may change. */
  params: ModelParams;
  metadata: JsonObject;
  /** The name of the chat's agent, if it has one. */
  agent?: string;
  createdAt: string;
  updatedAt: string;
}

export function chatView({ id, title, model, params, metadata, agent, ...times }: ChatOf<unknown>): ChatView {
  const [createdAt, updatedAt] = [times.createdAt.toISOString(), times.updatedAt.toISOString()];
  return {
    id,
    title,
    model,
    params: clientParams(params),
    metadata,
    ...(agent !== null && { agent }),
    createdAt,
    updatedAt,
  };
}

/** A run as the HTTP API shows it. */
export interface RunView {
  id: string;
  chatId: string;
  status: RunStatus;
  model: string;
  answerMessageId: string | null;
  error: Problem | null;
  startedAt: string | null;
  finishedAt: string | null;
}

export function runView({ id, chatId, status, model, answerMessageId, error, ...times }: DuoRun): RunView {
  const [startedAt, finishedAt] = [times.startedAt, times.finishedAt].map((time) => time?.toISOString() ?? null);
  return {
    id,
    chatId,
    status,
    model,
    answerMessageId,
    error,
    startedAt: startedAt ?? null,
    finishedAt: finishedAt ?? null,
  };
}

/** A message as the HTTP API shows it; an answer includes its usage. */
export function messageView(message: DuoMessage): MessageRecord & { usage?: Usage } {
  return { ...messageRecord(message), ...(message.usage && { usage: message.usage }) };
}
