import { type IncomingMessage, type ServerResponse } from 'node:http';

import { type Answer, composeAnswer } from '../conversation/answer.js';
import { PromptCache } from '../conversation/prompt-cache.js';
import { ANSWER_FAULTS } from '../faults/answer-faults.js';
import { sendBroken } from '../faults/broken-answer.js';
import { DELIVERY_FAULTS } from '../faults/delivery-faults.js';
import { type FaultQueue } from '../faults/fault-queue.js';
import { GATEWAY_FAULTS } from '../faults/gateway-faults.js';
import { REPLAY_FAULTS } from '../faults/replay-faults.js';
import { SCHEMA_FAULTS } from '../faults/schema-faults.js';
import { STREAM_FAULTS } from '../faults/stream-faults.js';
import { type TokenVault } from '../instance/token-vault.js';
import { isJsonObject, parseJson } from '../json.js';
import { type CallLog } from '../server/call-log.js';
import { type RedirectTarget } from '../server/redirect-target.js';
import { Refusal, type Reply, sendReply } from '../server/reply.js';
import { readBody } from '../server/read-body.js';
import { openEventStream } from '../stream/delivery.js';
import { type StreamStep } from '../stream/frame.js';
import { StreamPump } from '../stream/stream-pump.js';
import { admit } from './admission.js';
import { INVALID_JSON, UNSUPPORTED_MODEL } from './gateway-replies.js';
import { findUpstreamModel } from './upstream-model.js';
import { type Vendor, type VendorRequest } from './vendor.interface.js';

/** How the gateway streams; see `SandboxOptions`. */
export interface Pacing {
  chunkDelayMs: number | undefined;
  chunkSize: number;
}

const LONG_ANSWER_DELAY_MS = 25;

/** The AI gateway's proxy, with the vendors behind it. */
export class Gateway {
  private readonly cache = new PromptCache();

  constructor(
    private readonly vault: TokenVault,
    private readonly faults: FaultQueue,
    private readonly calls: CallLog,
    private readonly redirectTarget: RedirectTarget,
    private readonly pacing: Pacing,
  ) {}

  /** Answers a request to a vendor's path. Throws a `Refusal` when it breaks a rule. */
  async handle(vendor: Vendor, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    this.calls.request(vendor.api, request.headers, text);
    const broken = this.faults.take(GATEWAY_FAULTS, vendor.api);
    if (broken) {
      sendBroken(response, broken.effect(vendor.errors, broken.plan), this.redirectTarget.url);
      return;
    }
    admit(request.headers, this.vault, vendor.requiredHeaders);
    const asked = readRequest(vendor, text);
    const refused = this.refusalOf(vendor, asked);
    if (refused) {
      sendReply(response, refused);
      return;
    }
    const answer = this.compose(vendor, asked);
    const delivery = asked.isStream ? (this.faults.take(DELIVERY_FAULTS, vendor.api)?.effect ?? 'events') : 'json';
    if (delivery === 'json') sendReply(response, { status: 200, body: asked.renderJson(answer) });
    else this.stream(vendor, asked, answer, response, delivery === 'gzip');
  }

  /** The planned refusal of the request's reasoning or schema, if a fault asks for one. */
  private refusalOf({ api }: Vendor, { reasoningRefusal, schemaRefusal }: VendorRequest): Reply | undefined {
    return (
      (reasoningRefusal && this.faults.take(REPLAY_FAULTS, api)?.effect(reasoningRefusal)) ??
      (schemaRefusal && this.faults.take(SCHEMA_FAULTS, api)?.effect(schemaRefusal))
    );
  }

  private compose(vendor: Vendor, asked: VendorRequest): Answer {
    const answer = composeAnswer(asked.prompt, this.cache);
    const fault = this.faults.take(ANSWER_FAULTS, vendor.api);
    return fault ? fault.effect(answer, asked.prompt) : answer;
  }

  private stream(
    vendor: Vendor,
    asked: VendorRequest,
    answer: Answer,
    response: ServerResponse,
    isCompressed: boolean,
  ): void {
    const frames = asked.renderStream(answer, this.pacing.chunkSize);
    const fault = this.faults.take(STREAM_FAULTS, vendor.api);
    const steps: Iterable<StreamStep> = fault ? fault.effect(frames, fault.plan, vendor) : frames;
    const paceMs = this.pacing.chunkDelayMs ?? (answer.isLongAnswer ? LONG_ANSWER_DELAY_MS : 0);
    const output = openEventStream(response, isCompressed);
    this.calls.streamOpened();
    new StreamPump(response, output, steps, paceMs).start((isEnded) => {
      this.calls.streamClosed(isEnded);
    });
  }
}

/** Reads a request's body by the rules of the gateway and the vendor. Both refuse lone surrogates. */
function readRequest(vendor: Vendor, text: string): VendorRequest {
  const body = parseJson(text);
  if (!isJsonObject(body)) throw new Refusal(INVALID_JSON);
  const model = findUpstreamModel(body.model, vendor.api);
  if (!model) throw new Refusal(UNSUPPORTED_MODEL);
  const asked = vendor.read(body, model);
  const { inputTokens, messages } = asked.prompt;
  if (!messages.every(({ text }) => text.isWellFormed())) throw new Refusal(INVALID_JSON);
  if (inputTokens > model.maxInputTokens) {
    throw new Refusal(vendor.errors.contextOverflow(inputTokens, model.maxInputTokens));
  }
  return asked;
}
