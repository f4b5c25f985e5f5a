import { externalIdOf } from '../chats/chat-arguments.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { type StartOptions } from '../conversation/ask-options.interface.js';
import { type ChatBackend, backendOf } from '../conversation/chat-backend.js';
import { startRun } from '../conversation/start-run.js';
import { ChatBusyError, ToolCallDecidedError, ToolCallNotFoundError } from '../errors/chat.errors.js';
import { ValidationError } from '../errors/request.errors.js';
import { MessageIdTakenError } from '../errors/run.errors.js';
import { sanitizeText, textOf } from '../messages/text.js';
import { NothingToAnswerError } from '../runs/begin-check.js';
import { type RunHandle } from '../runs/run-handle.js';
import { type UiChat, type UiChats } from './ui-chats.js';
import { type UiStreamed } from './ui-chunks.js';
import { type UiRequest } from './ui-request.js';
import { type Said, saidBy } from './user-message.js';

type RequestOf<T extends UiRequest['type']> = Extract<UiRequest, { type: T }>;

/** The run that answers a request, and what the client has of it already. */
export interface UiRun extends Pick<UiStreamed, 'continued'> {
  run: RunHandle;
}

/** Lets a request of a client have its run. */
export class UiRuns {
  constructor(
    private readonly chats: DuoChatService,
    private readonly uiChats: UiChats,
  ) {}

  /** @throws what an ask throws before its run begins */
  async start(request: UiRequest, ownerId: string | null, requestId: string): Promise<UiRun> {
    switch (request.type) {
      case 'submit': {
        const said = await saidBy(request.parts);
        const chat = await this.uiChats.findOrCreate(request.chatId, ownerId);
        return { run: await this.submit(chat, request, said, { requestId }) };
      }
      case 'decide':
        return this.decide(await this.known(request.chatId, ownerId), request, requestId);
      case 'regenerate': {
        const chat = await this.known(request.chatId, ownerId);
        const revision = { type: 'regenerate' as const, messageId: request.messageId ?? null };
        return { run: await startRun(chat, null, { requestId, revision }) };
      }
    }
  }

  /** The run of the client's message, a new one unless the message was sent before. */
  private async submit(
    chat: UiChat,
    { id, isEdit }: RequestOf<'submit'>,
    { content, attachments }: Said,
    options: StartOptions,
  ): Promise<RunHandle> {
    const messageExternalId = externalIdOf(id) ?? undefined;
    const said = { ...options, attachments };
    const before = isEdit ? await this.textOf(chat, messageExternalId) : undefined;
    if (before !== undefined && before.text !== sanitizeText(content)) {
      const revision = { type: 'edit' as const, messageId: before.id };
      return startRun(chat, content, { ...said, revision, messageExternalId });
    }
    if (before !== undefined && before.runId !== null) return backend(chat).run(chat, before.runId);
    try {
      return await startRun(chat, content, { ...said, ...(messageExternalId !== undefined && { messageExternalId }) });
    } catch (error) {
      if (!(error instanceof MessageIdTakenError) || error.runId === null) throw error;
      const stored = await this.textOf(chat, messageExternalId);
      if (stored !== undefined && stored.text !== sanitizeText(content)) {
        throw new ValidationError(
          `The message ${error.externalId} has another text: send its id as messageId, too, to change it.`,
        );
      }
      return backend(chat).run(chat, error.runId);
    }
  }

  /** Decides on calls of a parked run, and continues it once none is left to decide. */
  private async decide(chat: UiChat, { messageId, decisions }: RequestOf<'decide'>, requestId: string): Promise<UiRun> {
    const by = chat.ownerId === null ? {} : { by: chat.ownerId };
    for (const { id, approved, reason } of decisions) {
      const deciding = approved ? chat.approve(id, by) : chat.deny(id, { ...by, reason });
      // What another decision has made of it stands, and the stream shows it.
      await deciding.catch((error: unknown) => {
        if (!(error instanceof ToolCallDecidedError)) throw error;
      });
    }
    const toolCallIds = decisions.map(({ id }) => id);
    const calls = await this.chats.toolCalls(chat.id, { ownerId: chat.ownerId });
    const runId = calls.findLast(({ id }) => toolCallIds.includes(id))?.runId;
    if (runId === undefined) throw new ToolCallNotFoundError(chat.id, toolCallIds[0] ?? '');
    const continued = { messageId, toolCallIds };
    const parked = backend(chat).run(chat, runId);
    if (calls.some(({ isAwaitingApproval }) => isAwaitingApproval)) return { run: parked, continued };
    try {
      return { run: await startRun(chat, null, { requestId }), continued };
    } catch (error) {
      // Another request has continued it.
      if (error instanceof ChatBusyError || error instanceof NothingToAnswerError) return { run: parked, continued };
      throw error;
    }
  }

  private async known(chatId: string, ownerId: string | null): Promise<UiChat> {
    return (await this.uiChats.find(chatId, ownerId)) ?? this.chats.ref(chatId, { ownerId });
  }

  /** The user's message with this id, ours or the client's, and its text. */
  private async textOf(
    chat: UiChat,
    id: string | undefined,
  ): Promise<{ id: string; text: string; runId: string | null } | undefined> {
    const messages = await this.uiChats.messages(chat);
    const found = messages.findLast(
      (message) =>
        message.role === 'user' && message.supersededAt === null && (message.externalId === id || message.id === id),
    );
    return found && { id: found.id, runId: found.runId, text: textOf(found.parts) };
  }
}

function backend(chat: UiChat): ChatBackend<UiChat, DuoMessage> {
  return backendOf(chat);
}
