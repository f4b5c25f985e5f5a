import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type Caller, type ResolvedOptions } from '../config/gitlab-duo-options.interface.js';
import { GITLAB_DUO_OPTIONS } from '../config/tokens.js';
import { askedCall, withAskedCall } from '../delegates/asked-call.js';
import { type Delegate, type StreamParser } from '../delegates/delegate.interface.js';
import { type ErrorCode } from '../errors/gitlab-duo.error.js';
import { GatewayClient } from '../gateway/gateway-client.js';
import { KnownSecrets } from '../gateway/secret-redactor.js';
import { type ModelAnswer, type ModelEvent, type ModelRequest } from '../messages/model-request.interface.js';
import { ModelRegistry } from '../models/model-registry.js';
import { type ModelMessage } from '../messages/message.interface.js';
import { checkParams } from '../messages/params.js';
import { type Part } from '../messages/part.interface.js';
import { isSanitized, sanitizeJson } from '../messages/text.js';
import { checkFile } from '../models/file-check.js';
import { type AttemptLedger, type StepOutcome } from './attempt.interface.js';
import { Attempt, codeOf, cancelledBeforeSend, failedBeforeSend } from './attempt.js';
import { withCallerParams } from './caller-params.js';
import { DelegateRegistry } from './delegates.service.js';
import { EndOfLifeNotices } from './end-of-life-notices.js';
import { eventStream } from './event-stream.js';
import { RetryPolicy } from './retry-policy.js';
import { checkSchemas } from './request-check.js';
import { complaintIn, Rejections } from './rejections.js';
import { RefusedSchemas } from './refused-schemas.js';
import { RetryDelays } from './retry-delays.js';
import { runName } from './run-name.js';

/** How a step is followed. */
export interface RouteOptions {
  /** On whose behalf the request is made; a caller without an owner when unset. */
  caller?: Caller;
  /** Closes the upstream socket at once; the step ends with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Takes what one network read brought; reading pauses until a returned promise resolves. What it throws ends the step.
   */
  onEvents: (events: ModelEvent[]) => void | Promise<void>;
  ledger?: AttemptLedger;
  /** Whether what was emitted so far cannot be taken back: a step that fails then is not tried again. */
  isFinal?: () => boolean;
}

/** How a step is pulled. */
export interface StreamOptions {
  /** On whose behalf the request is made, for the `credentials` option. */
  caller?: Caller;
  signal?: AbortSignal;
}

/**
 * One routed step: finds the delegate of the request's model, sends the request through the gateway, and tries again
 * what failed for a while. Once something of the answer was seen, a `reset` takes it back first. Where the vendor refuses a
 * part of the history, such as a file or reasoning, the rest is sent at once, with a note instead of the part. Where it refuses to
 * enforce the schema of the answer, the request is sent at once with the schema as a wish or as a tool.
 * @publicApi
 */
@Injectable()
export class DuoRouterService implements OnApplicationShutdown {
  private readonly logger = new Logger(DuoRouterService.name);
  private readonly waits = new RetryDelays();
  private readonly notices = new EndOfLifeNotices();
  private readonly schemas = new RefusedSchemas();

  constructor(
    @Inject(GITLAB_DUO_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(ModelRegistry) private readonly models: ModelRegistry,
    @Inject(GatewayClient) private readonly gateway: GatewayClient,
    @Inject(KnownSecrets) private readonly secrets: KnownSecrets,
    @Inject(DelegateRegistry) private readonly delegates: DelegateRegistry,
  ) {}

  /**
   * Pushes the events of a step as they come. Never rejects: the outcome has the error, and what had come before it.
   * After an abort the error is the signal's reason, and the attempt is `cancelled`, or `failed` if the abort came
   * while the router waited to try again.
   */
  async route(request: ModelRequest, options: RouteOptions): Promise<StepOutcome> {
    try {
      checkSchemas(request);
      const model = this.models.get(request.model);
      this.notices.mind(model);
      const delegate = this.delegates.get(model);
      const asked = askedCall(model, request);
      const sent = withCallerParams(withAskedCall(request, asked), model, options.caller, this.options);
      const rejections = new Rejections(delegate, model, sent, this.schemas);
      const parser = (): StreamParser =>
        delegate.createParser(this.secrets.redact, rejections.sent, this.options.maxAnswerBytes);
      const outcome = await this.send(delegate, rejections, parser, options);
      return asked === undefined ? outcome : { ...outcome, asked };
    } catch (error) {
      return failedBeforeSend(error);
    }
  }

  /**
   * The events of a step, to be pulled; its return value is the whole answer, with finish reason and usage. Reading
   * pauses while the consumer is behind; leaving the loop aborts the request and closes the socket.
   * A `reset` among the events takes back those before it.
   * @throws the error of the step, once the events before it have been pulled; the reason of `signal`; ValidationError for
   * parameters that cannot be what they are
   * @example
   * const step = router.stream({ model: 'duo-chat-haiku-4-5', messages });
   * for (;;) {
   *   const { done, value } = await step.next();
   *   if (done) return value.usage;
   *   if (value.type === 'text-delta') process.stdout.write(value.text);
   * }
   */
  stream(
    request: ModelRequest,
    { caller, signal }: StreamOptions = {},
  ): AsyncGenerator<ModelEvent, ModelAnswer, undefined> {
    return eventStream(async (stop, onEvents) => {
      try {
        return await this.route(sanitizeRequest(request), { caller, signal: stop, onEvents });
      } catch (error) {
        return failedBeforeSend(error);
      }
    }, signal);
  }

  /** Ends the steps that wait to be tried again. */
  onApplicationShutdown(): void {
    this.waits.close();
  }

  /** Never rejects. */
  private async send(
    delegate: Delegate,
    rejections: Rejections,
    parser: () => StreamParser,
    { caller, signal, onEvents: tell, ledger, isFinal }: RouteOptions,
  ): Promise<StepOutcome> {
    const policy = new RetryPolicy(this.options.retries);
    const { path, headers } = delegate;
    // Parts that were left out are reported once the vendor has accepted the request.
    const onEvents = (events: ModelEvent[]): void | Promise<void> =>
      tell(rejections.isUntold ? [...rejections.told(), ...events] : events);
    let takenBack: ErrorCode | undefined;
    for (let number = 1; ; number += 1) {
      const attempt = new Attempt(number, parser(), onEvents);
      const { body, prefixDigest } = rejections.rendered;
      try {
        if (takenBack !== undefined) await tell([{ type: 'reset', reason: takenBack }]);
        await this.gateway.stream({ path, headers, body, caller, signal, sink: attempt });
        if (rejections.isUntold) await onEvents([]);
        return { ...attempt.succeeded(), prefixDigest };
      } catch (error) {
        const isAborted = signal?.aborted === true;
        const outcome = { ...attempt.failed(error, isAborted), prefixDigest };
        if (isFinal?.()) return outcome;
        const isLeftOut = !isAborted && rejections.leaveOut(error);
        if (!isLeftOut && !isAborted && rejections.isUntold && !complaintIn(error)) await onEvents([]);
        const delayMs = isAborted ? null : isLeftOut ? 0 : policy.delayAfter(error);
        if (delayMs === null) return outcome;
        takenBack = attempt.hasEmitted ? codeOf(error) : undefined;
        this.logger.warn(
          `Attempt ${number}${ofRun(caller)} failed (${codeOf(error)}); the next one leaves in ${Math.round(delayMs)} ms.`,
        );
        try {
          await this.waits.wait(delayMs, signal);
          await ledger?.retrying(outcome.attempt, number + 1);
          if (signal?.aborted) return { ...outcome, attempt: cancelledBeforeSend(number + 1), error: signal.reason };
        } catch (interruption) {
          return { ...outcome, error: signal?.aborted ? signal.reason : interruption };
        }
      }
    }
  }
}

function ofRun(caller: Caller | undefined): string {
  return caller?.runId === undefined ? '' : ` of ${runName(caller.runId, caller.requestId)}`;
}

/**
 * A request as the vendors take it, of one that comes from the host's code.
 * @throws ValidationError for parameters and files that none of them take
 */
function sanitizeRequest(request: ModelRequest): ModelRequest {
  const { params, messages } = request;
  if (params !== undefined) checkParams(params);
  for (const { parts } of messages) for (const part of parts) checkFiles(part);
  return { ...request, ...(params && { params: sanitizeJson(params) }), messages: messages.map(sanitizeMessage) };
}

function checkFiles(part: Part): void {
  if (part.type === 'file') checkFile(part);
  else if (part.type === 'tool-result') for (const file of part.files ?? []) checkFile(file);
}

/** The message itself where it can be: what was rendered of it is known by it. */
function sanitizeMessage(message: ModelMessage): ModelMessage {
  const { role, parts } = message;
  return isSanitized(parts) ? message : { role, parts: sanitizeJson(parts) };
}
