import { Body, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { type DuoChatService } from '../chats/duo-chat.service.js';
import { type DuoMessage } from '../chats/entities/duo-message.entity.js';
import { type ChatBackend, backendOf } from '../conversation/chat-backend.js';
import { CallsModel } from '../http/calls-model.decorator.js';
import { type HttpReply, type HttpRequest } from '../http/http.interface.js';
import { requestId } from '../http/request-id.js';
import { type RequestOwner } from '../http/request-owner.js';
import { type RunResponder, type StreamFormat } from '../http/run-responder.js';
import { isObject } from '../messages/is-object.js';
import { type UiChat, UiChats } from './ui-chats.js';
import { UiChunks, type UiDecision, type UiStreamed } from './ui-chunks.js';
import { type UiMessage } from './ui-message.interface.js';
import { uiMessages } from './ui-messages.js';
import { UiProblemFilter } from './ui-problem.filter.js';
import { uiRequest } from './ui-request.js';
import { UiRuns } from './ui-runs.js';
import { uiStream } from './ui-stream.js';
import { type UiVersion, uiVersionOf } from './ui-version.js';

/** What the routes of a mount have in common. */
export interface UiSettings {
  version: UiVersion;
  coalesceMs: number;
}

/** The routes of one kind of chat for clients of AI SDK; `GitlabDuoUiModule.register` mounts a subclass for each. */
@UseFilters(UiProblemFilter)
export abstract class UiController {
  private readonly uiChats: UiChats;
  private readonly runs: UiRuns;

  constructor(
    private readonly chats: DuoChatService,
    private readonly owners: RequestOwner,
    private readonly responder: RunResponder,
    private readonly settings: UiSettings,
  ) {
    this.uiChats = new UiChats(chats);
    this.runs = new UiRuns(chats, this.uiChats);
  }

  @Post()
  @CallsModel()
  async send(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Body() body: unknown,
  ): Promise<void> {
    const version = this.version(request);
    const asked = uiRequest(body);
    const { run, continued } = await this.runs.start(asked, await this.owners.resolve(request), requestId(request));
    const chunks = new UiChunks({ version, runId: run.id, continued });
    // It begins where the client is: behind the decision.
    if (run.isResumed && !run.isReplayed) chunks.continueHere();
    await this.responder.stream(run, reply, this.format(chunks));
  }

  @Get(':id/stream')
  async stream(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Param('id') id: string,
  ): Promise<void> {
    const version = this.version(request);
    const chat = await this.find(request, id);
    const run = chat && (await backend(chat).activeRun(chat));
    if (chat === undefined || run === undefined || (await run.record()).status === 'awaiting_approval') {
      this.responder.answerNothing(reply);
      return;
    }
    const chunks = new UiChunks({ version, runId: run.id, decisions: await this.decisions(chat) });
    await this.responder.follow(run, -1, reply, { format: this.format(chunks), isWaiting: false });
  }

  @Post(':id/stop')
  @HttpCode(200)
  async stop(@Req() request: unknown, @Param('id') id: string, @Body() body?: unknown): Promise<{ success: true }> {
    const given = isObject(body) ? body.activeStreamId : undefined;
    const chat = await this.find(request, id);
    const run = chat && (await backend(chat).activeRun(chat));
    if (chat !== undefined && run !== undefined && (typeof given !== 'string' || given === run.id)) {
      await backend(chat).cancel(chat, run.id);
      await run.result();
    }
    return { success: true };
  }

  @Get(':id/messages')
  async messages(@Req() request: HttpRequest, @Param('id') id: string): Promise<UiMessage[]> {
    const version = this.version(request);
    const chat = await this.find(request, id);
    return chat === undefined ? [] : uiMessages(await this.uiChats.transcript(chat), version);
  }

  private version(request: HttpRequest): UiVersion {
    return uiVersionOf(request, this.settings.version);
  }

  private format(chunks: UiChunks): StreamFormat {
    return uiStream(chunks, this.settings.coalesceMs);
  }

  private async find(request: unknown, id: string): Promise<UiChat | undefined> {
    return this.uiChats.find(id, await this.owners.resolve(request));
  }

  private async decisions({ id, ownerId }: UiChat): Promise<UiStreamed['decisions']> {
    const calls = await this.chats.toolCalls(id, { ownerId });
    return new Map(
      calls
        .filter(({ decidedAt }) => decidedAt !== null)
        .map(({ id, status, reason }): [string, UiDecision] => [id, { approved: status !== 'denied', reason }]),
    );
  }
}

function backend(chat: UiChat): ChatBackend<UiChat, DuoMessage> {
  return backendOf(chat);
}
