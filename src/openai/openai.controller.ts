import { Body, Get, HttpCode, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CallsModel } from '../http/calls-model.decorator.js';
import { type HttpReply, type HttpRequest } from '../http/http.interface.js';
import { requestId } from '../http/request-id.js';
import { type RequestOwner } from '../http/request-owner.js';
import { type JsonObject } from '../messages/json.interface.js';
import { type Model } from '../models/model.interface.js';
import { type ModelRegistry } from '../models/model-registry.js';
import { type CompletionResponder } from './completion-responder.js';
import { OpenAiErrorFilter } from './openai-error.filter.js';
import { readCompletion } from './read-completion.js';

/** The routes of OpenAI's API; `GitlabDuoOpenAiModule.register` mounts a subclass. */
@UseFilters(OpenAiErrorFilter)
export abstract class OpenAiController {
  constructor(
    private readonly models: ModelRegistry,
    private readonly owners: RequestOwner,
    private readonly responder: CompletionResponder,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Post('chat/completions')
  @HttpCode(200)
  @CallsModel()
  async complete(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
    @Body() body: unknown,
  ): Promise<JsonObject | undefined> {
    const ownerId = await this.owners.resolve(request);
    const completion = readCompletion(body, this.models);
    if (completion.ignored.size > 0) {
      this.adapterHost.httpAdapter.setHeader(reply, 'x-ignored-params', [...completion.ignored].join(', '));
    }
    return this.responder.respond(completion, { ownerId, requestId: requestId(request) }, reply);
  }

  @Get('models')
  list(): JsonObject {
    return { object: 'list', data: this.models.list().map(modelView) };
  }

  @Get('models/:id')
  find(@Param('id') id: string): JsonObject {
    return modelView(this.models.get(id));
  }
}

/** GitLab does not tell when a model was made. */
function modelView({ id, vendor }: Model): JsonObject {
  return { id, object: 'model', created: 0, owned_by: vendor };
}
