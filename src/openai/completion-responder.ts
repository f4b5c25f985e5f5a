import { type ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { toProblem } from '../errors/problem.js';
import { KnownSecrets } from '../gateway/secret-redactor.js';
import { type HttpReply } from '../http/http.interface.js';
import { StreamTiming } from '../http/stream-timing.js';
import { type JsonObject } from '../messages/json.interface.js';
import { CompletionStream } from './completion-stream.js';
import { completionHead, completionView } from './completion-view.js';
import { type CompletionCaller, CompletionsService } from './completions.service.js';
import { openAiFailure } from './openai-error.js';
import { type Completion } from './read-completion.js';

/** Answers a request with the model's answer, as JSON or as chunks. A client that leaves cancels its request. */
@Injectable()
export class CompletionResponder {
  constructor(
    private readonly completions: CompletionsService,
    private readonly timing: StreamTiming,
    private readonly secrets: KnownSecrets,
  ) {}

  /** @throws what `CompletionsService.complete` throws; a client that has left is answered nothing */
  async respond(
    completion: Completion,
    caller: Omit<CompletionCaller, 'leaving'>,
    reply: HttpReply,
  ): Promise<JsonObject | undefined> {
    const response = reply.raw ?? (reply as unknown as ServerResponse);
    const leaving = new AbortController();
    const leave = (): void => {
      leaving.abort(new Error('The client has left.'));
    };
    if (response.closed) leave();
    else response.once('close', leave);
    try {
      if (completion.isStreamed) {
        await this.stream(completion, { ...caller, leaving }, response, reply);
        return undefined;
      }
      const completed = await this.completions.complete(completion, { ...caller, leaving });
      return completionView(completionHead(completion.request.model), completed);
    } catch (error) {
      if (response.destroyed && !response.writableEnded) return undefined;
      throw error;
    } finally {
      response.off('close', leave);
    }
  }

  /** Nothing is sent before the model's first word, for a while, so that an early error keeps its status. */
  private async stream(
    completion: Completion,
    caller: CompletionCaller,
    response: ServerResponse,
    reply: HttpReply,
  ): Promise<void> {
    const stream = new CompletionStream({
      response,
      takeOver: () => {
        const headers = reply.raw ? reply.getHeaders() : {};
        reply.hijack?.();
        return headers;
      },
      head: completionHead(completion.request.model),
      hasUsage: completion.hasUsage,
      timing: this.timing,
    });
    const held = setTimeout(() => {
      stream.open();
    }, this.timing.holdMs);
    try {
      stream.finish(await this.completions.complete(completion, caller, (spoken) => stream.write(spoken)));
    } catch (error) {
      if (stream.isOpen) {
        const problem = toProblem(error);
        stream.fail(openAiFailure({ ...problem, detail: this.secrets.redact(problem.detail) }, error).error);
      }
      throw error;
    } finally {
      clearTimeout(held);
    }
  }
}
