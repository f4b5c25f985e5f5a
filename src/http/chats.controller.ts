import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res, UseFilters, UsePipes } from '@nestjs/common';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type ChatRef } from '../chats/chat-ref.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { type ChatChanges, type Page } from '../chats/duo-chat-service.interface.js';
import { type DecisionOptions } from '../conversation/ask-options.interface.js';
import { type ModelParams } from '../messages/model-request.interface.js';
import { type MessageRecord } from '../messages/message.interface.js';
import { type ToolCallRecord } from '../messages/tool-call.interface.js';
import { answerAsk } from './answer-ask.js';
import { CallsModel } from './calls-model.decorator.js';
import { type ChatUsage } from '../messages/usage-report.js';
import { withClientParams } from './client-params.js';
import { ChatDto, NewChatDto } from './dto/chat.dto.js';
import { DenialDto, ToolCallsDto } from './dto/tool-call.dto.js';
import { CompletionDto, MessageDto } from './dto/message.dto.js';
import { ChatPageDto, MessagePageDto } from './dto/page.dto.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { IdPipe } from './id.pipe.js';
import { type ChatView, chatView, messageView } from './presenter.js';
import { ProblemFilter } from './problem.filter.js';
import { type RequestOwner } from './request-owner.js';
import { type RunAnswer, type RunResponder } from './run-responder.js';
import { validationPipe } from './validation.js';

/** The routes of one kind of chat; `GitlabDuoHttpModule.register` mounts a subclass for each. */
@UseFilters(ProblemFilter)
@UsePipes(IdPipe, validationPipe())
export abstract class ChatsController {
  constructor(
    private readonly chats: DuoChatService,
    private readonly owners: RequestOwner,
    private readonly responder: RunResponder,
  ) {}

  @Post()
  async create(
    @Req() request: unknown,
    @Res({ passthrough: true }) reply: HttpReply,
    @Body() body: NewChatDto,
  ): Promise<ChatView> {
    const { agent, externalId } = body;
    const options = { agent, externalId, ...chatChanges(body), ...(await this.owner(request)) };
    const { chat, isNew } = await this.chats.findOrCreate(options);
    if (!isNew) this.responder.answerFound(reply);
    return chatView(chat);
  }

  @Get()
  async list(@Req() request: unknown, @Query() query: ChatPageDto): Promise<Page<ChatView>> {
    const { items, nextCursor } = await this.chats.list({
      limit: query.limit,
      cursor: query.cursor,
      ...(await this.owner(request)),
    });
    return { items: items.map(chatView), nextCursor };
  }

  @Get(':id')
  async find(@Req() request: unknown, @Param('id') id: string): Promise<ChatView> {
    return chatView(await this.chats.find(id, await this.owner(request)));
  }

  @Patch(':id')
  async update(@Req() request: unknown, @Param('id') id: string, @Body() body: ChatDto): Promise<ChatView> {
    const { params, ...changes } = chatChanges(body);
    const merged = params && ((before: ModelParams) => withClientParams(before, params));
    return chatView(await this.chats.update(id, { ...changes, params: merged }, await this.owner(request)));
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Req() request: unknown, @Param('id') id: string): Promise<void> {
    await this.chats.delete(id, await this.owner(request));
  }

  @Get(':id/messages')
  async messages(
    @Req() request: unknown,
    @Param('id') id: string,
    @Query() query: MessagePageDto,
  ): Promise<Page<MessageRecord>> {
    const { items, nextCursor } = await this.chats.messages(id, {
      after: query.after,
      limit: query.limit,
      include: query.include,
      ...(await this.owner(request)),
    });
    return { items: items.map(messageView), nextCursor };
  }

  @Get(':id/usage')
  async usage(@Req() request: unknown, @Param('id') id: string): Promise<ChatUsage> {
    return (await this.chat(request, id)).usage();
  }

  @Post(':id/messages')
  @CallsModel()
  async ask(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Body() body: MessageDto,
  ): Promise<RunAnswer | undefined> {
    return answerAsk(this.responder, { chat: await this.chat(request, id), body }, request, reply);
  }

  @Post(':id/completions')
  @CallsModel()
  async complete(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Body() body?: CompletionDto,
  ): Promise<RunAnswer | undefined> {
    return answerAsk(this.responder, { chat: await this.chat(request, id), body }, request, reply);
  }

  @Get(':id/tool-calls')
  async toolCalls(
    @Req() request: unknown,
    @Param('id') id: string,
    @Query() _query: ToolCallsDto,
  ): Promise<Page<ToolCallRecord>> {
    return { items: await (await this.chat(request, id)).pendingApprovals(), nextCursor: null };
  }

  @Post(':id/tool-calls/:toolCallId/approve')
  @HttpCode(200)
  async approve(
    @Req() request: unknown,
    @Param('id') id: string,
    @Param('toolCallId') toolCallId: string,
  ): Promise<ToolCallRecord> {
    const chat = await this.chat(request, id);
    return chat.approve(toolCallId, decidedBy(chat));
  }

  @Post(':id/tool-calls/:toolCallId/deny')
  @HttpCode(200)
  async deny(
    @Req() request: unknown,
    @Param('id') id: string,
    @Param('toolCallId') toolCallId: string,
    @Body() body?: DenialDto,
  ): Promise<ToolCallRecord> {
    const chat = await this.chat(request, id);
    return chat.deny(toolCallId, { ...decidedBy(chat), reason: body?.reason });
  }

  private async chat(request: unknown, id: string): Promise<ChatRef<DuoMessage>> {
    return this.chats.ref(id, await this.owner(request));
  }

  private async owner(request: unknown): Promise<{ ownerId: string | null }> {
    return { ownerId: await this.owners.resolve(request) };
  }
}

function chatChanges({
  model,
  title,
  instructions,
  params,
  metadata,
}: ChatDto): ChatChanges & { params?: ModelParams } {
  return {
    model,
    title,
    instructions,
    params: params && Object.fromEntries(Object.entries(params)),
    metadata,
  };
}

/** Over HTTP, the owner makes the decision. */
function decidedBy({ ownerId }: { ownerId: string | null }): DecisionOptions {
  return ownerId === null ? {} : { by: ownerId };
}
