import { Get, HttpCode, Param, Post, Query, Req, Res, UseFilters, UsePipes } from '@nestjs/common';
import { type ChatRef } from '../chats/chat-ref.js';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type Page } from '../chats/duo-chat-service.interface.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { backendOf, type ChatBackend } from '../conversation/chat-backend.js';
import { ValidationError } from '../errors/request.errors.js';
import { isFinal } from '../runs/rebuilt-events.js';
import { type RunHandle } from '../runs/run-handle.js';
import { type RunRecord } from '../runs/run-record.interface.js';
import { RunEventsDto, RunPageDto } from './dto/run.dto.js';
import { type HttpReply, type HttpRequest } from './http.interface.js';
import { IdPipe } from './id.pipe.js';
import { lastEvent } from './last-event-id.js';
import { ProblemFilter } from './problem.filter.js';
import { type RequestOwner } from './request-owner.js';
import { type RunResponder } from './run-responder.js';
import { validationPipe } from './validation.js';

/** The routes of the runs of one kind of chat; `GitlabDuoHttpModule.register` mounts a subclass for each. */
@UseFilters(ProblemFilter)
@UsePipes(IdPipe, validationPipe())
export abstract class RunsController {
  constructor(
    private readonly chats: DuoChatService,
    private readonly owners: RequestOwner,
    private readonly responder: RunResponder,
  ) {}

  @Get('runs')
  async list(@Req() request: unknown, @Param('id') id: string, @Query() query: RunPageDto): Promise<Page<RunRecord>> {
    return (await this.chat(request, id)).runs({ status: query.status, limit: query.limit, cursor: query.cursor });
  }

  @Get('runs/:runId')
  async find(@Req() request: unknown, @Param('id') id: string, @Param('runId') runId: string): Promise<RunRecord> {
    return (await this.run(request, id, runId)).record();
  }

  @Get('runs/:runId/events')
  async events(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
    @Param('runId') runId: string,
    @Query() query: RunEventsDto,
  ): Promise<void> {
    const last = lastEvent(request);
    if (last !== undefined && last.runId !== runId) {
      throw new ValidationError(
        'Last-Event-ID is the id of an event of another run: follow that run, or leave it out.',
      );
    }
    const run = await this.run(request, id, runId);
    if (last?.isRebuiltEnd && isFinal((await run.record()).status)) this.responder.answerNothing(reply);
    else await this.responder.follow(run, last?.index ?? query.after ?? -1, reply);
  }

  @Post('runs/:runId/cancel')
  @HttpCode(202)
  async cancel(@Req() request: unknown, @Param('id') id: string, @Param('runId') runId: string): Promise<RunRecord> {
    const chat = await this.chat(request, id);
    await backend(chat).cancel(chat, runId);
    return backend(chat).run(chat, runId).record();
  }

  @Get('stream')
  async stream(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
  ): Promise<void> {
    const last = lastEvent(request);
    const chat = await this.chat(request, id);
    const run = await backend(chat).activeRun(chat);
    if (run === undefined) {
      this.responder.answerNothing(reply);
      return;
    }
    await this.responder.follow(run, last?.runId === run.id ? last.index : -1, reply);
  }

  private async run(request: unknown, id: string, runId: string): Promise<RunHandle> {
    const chat = await this.chat(request, id);
    return backend(chat).run(chat, runId);
  }

  private async chat(request: unknown, id: string): Promise<ChatRef<DuoMessage>> {
    return this.chats.ref(id, { ownerId: await this.owners.resolve(request) });
  }
}

function backend(chat: ChatRef<DuoMessage>): ChatBackend<ChatRef<DuoMessage>, DuoMessage> {
  return backendOf(chat);
}
