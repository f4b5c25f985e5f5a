import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res, UseFilters, UsePipes } from '@nestjs/common';
import { type HttpAdapterHost } from '@nestjs/core';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type ChatChanges, type Page } from '../chats/duo-chat-service.interface.js';
import { type MessageRecord } from '../messages/message.interface.js';
import { type FilePart } from '../messages/part.interface.js';
import { ChatDto } from './dto/chat.dto.js';
import { type AttachmentDto, CompletionDto, MessageDto } from './dto/message.dto.js';
import { ChatPageDto, MessagePageDto } from './dto/page.dto.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { type OwnerResolver } from './owner-resolver.interface.js';
import { type ChatView, chatView, messageView } from './presenter.js';
import { ProblemFilter } from './problem.filter.js';
import { type AnswerView, RunResponder } from './run-responder.js';
import { validationPipe } from './validation.js';

/** The routes of one kind of chat; `GitlabDuoHttpModule.register` mounts a subclass for each. */
@UseFilters(ProblemFilter)
@UsePipes(validationPipe())
export abstract class ChatsController {
  private readonly responder: RunResponder;

  constructor(
    private readonly chats: DuoChatService,
    private readonly owners: OwnerResolver,
    adapterHost: HttpAdapterHost,
  ) {
    this.responder = new RunResponder(adapterHost);
  }

  @Post()
  async create(@Req() request: unknown, @Body() body: ChatDto): Promise<ChatView> {
    const chat = await this.chats.create({ ...chatChanges(body), ...(await this.owner(request)) });
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
    return chatView(await this.chats.update(id, chatChanges(body), await this.owner(request)));
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
      ...(await this.owner(request)),
    });
    return { items: items.map(messageView), nextCursor };
  }

  @Post(':id/messages')
  async ask(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Body() body: MessageDto,
  ): Promise<AnswerView | undefined> {
    const attachments = body.attachments?.map(filePart);
    const owner = await this.owner(request);
    const run = await this.chats.start(id, body.content, { model: body.model, attachments, ...owner });
    return this.responder.respond(run, request, reply);
  }

  @Post(':id/completions')
  async complete(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Body() body?: CompletionDto,
  ): Promise<AnswerView | undefined> {
    const run = await this.chats.start(id, null, { model: body?.model, ...(await this.owner(request)) });
    return this.responder.respond(run, request, reply);
  }

  private async owner(request: unknown): Promise<{ ownerId: string | null }> {
    return { ownerId: await this.owners.resolve(request) };
  }
}

function chatChanges({ model, title, instructions, params, metadata }: ChatDto): ChatChanges {
  return {
    model,
    title,
    instructions,
    params: params && Object.fromEntries(Object.entries(params)),
    metadata,
  };
}

function filePart({ mediaType, data, url, filename }: AttachmentDto): FilePart {
  return { type: 'file', mediaType, data, url, filename };
}
