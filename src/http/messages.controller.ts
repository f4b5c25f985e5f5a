import { Body, Delete, HttpCode, Param, Post, Put, Req, Res, UseFilters, UsePipes } from '@nestjs/common';
import { type ChatRef } from '../chats/chat-ref.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { answerAsk } from './answer-ask.js';
import { CallsModel } from './calls-model.decorator.js';
import { CompletionDto, MessageDto } from './dto/message.dto.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { IdPipe } from './id.pipe.js';
import { ProblemFilter } from './problem.filter.js';
import { type RequestOwner } from './request-owner.js';
import { type RunAnswer, type RunResponder } from './run-responder.js';
import { validationPipe } from './validation.js';

/** The routes of one message of one kind of chat; `GitlabDuoHttpModule.register` mounts a subclass for each. */
@UseFilters(ProblemFilter)
@UsePipes(IdPipe, validationPipe())
export abstract class MessagesController {
  constructor(
    private readonly chats: DuoChatService,
    private readonly owners: RequestOwner,
    private readonly responder: RunResponder,
  ) {}

  @Post('messages/:messageId/regenerate')
  @CallsModel()
  async regenerate(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Param('messageId') messageId: string,
    @Body() body?: CompletionDto,
  ): Promise<RunAnswer | undefined> {
    const ask = { chat: await this.chat(request, id), body, revision: { type: 'regenerate', messageId } as const };
    return answerAsk(this.responder, ask, request, reply);
  }

  @Put('messages/:messageId')
  @HttpCode(201)
  @CallsModel()
  async edit(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Param('messageId') messageId: string,
    @Body() body: MessageDto,
  ): Promise<RunAnswer | undefined> {
    const ask = { chat: await this.chat(request, id), body, revision: { type: 'edit', messageId } as const };
    return answerAsk(this.responder, ask, request, reply);
  }

  @Delete('messages/:messageId')
  @HttpCode(204)
  async delete(@Req() request: unknown, @Param('id') id: string, @Param('messageId') messageId: string): Promise<void> {
    await (await this.chat(request, id)).deleteMessage(messageId);
  }

  private async chat(request: unknown, id: string): Promise<ChatRef<DuoMessage>> {
    return this.chats.ref(id, { ownerId: await this.owners.resolve(request) });
  }
}
