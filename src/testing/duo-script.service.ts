import { ConfigurationError } from '../errors/request.errors.js';
import { type ModelRequest } from '../messages/model-request.interface.js';
import { type ScriptedOutcome, type ScriptedReply } from './scripted-reply.interface.js';

const MAX_QUOTE_LENGTH = 200;

/** A request with the number that it has in the script, from 1 on, and what it comes to. */
export interface Take {
  number: number;
  outcome: ScriptedOutcome;
}

/**
 * What the scripted model still has to say, and what it was asked.
 * @example
 * const script = module.get(DuoScript);
 * script.add('It is sunny');
 * await reporter.report('Berlin');
 * expect(script.requests[0]?.messages.at(-1)).toEqual({ role: 'user', parts: [{ type: 'text', text: 'Berlin?' }] });
 * @publicApi
 */
export class DuoScript {
  private readonly asked: ModelRequest[] = [];
  private readonly replies: ScriptedReply[];

  constructor(replies: readonly ScriptedReply[] = []) {
    this.replies = [...replies];
  }

  /** The requests so far as they left, with the whole history; a retry is a request of its own. */
  get requests(): readonly ModelRequest[] {
    return this.asked;
  }

  /** Adds replies for the requests to come, behind those that are left. */
  add(...replies: ScriptedReply[]): this {
    this.replies.push(...replies);
    return this;
  }

  /** Forgets the requests and the replies that are left, for the next test of the same module. */
  reset(): void {
    this.asked.length = 0;
    this.replies.length = 0;
  }

  /**
   * Takes the reply to a request.
   * @throws ConfigurationError when none is left; whatever a reply throws that is a function
   */
  async take(request: ModelRequest): Promise<Take> {
    const number = this.asked.push(request);
    const reply = this.replies.shift();
    if (reply === undefined) throw noReply(number, request);
    return { number, outcome: typeof reply === 'function' ? await reply(request) : reply };
  }
}

function noReply(number: number, { model, messages }: ModelRequest): ConfigurationError {
  const last = JSON.stringify(messages.at(-1) ?? null);
  const quote = last.length > MAX_QUOTE_LENGTH ? `${last.slice(0, MAX_QUOTE_LENGTH)}…` : last;
  return new ConfigurationError(
    `The script has no reply to request ${number}, of ${model}, whose last message is ${quote}. Pass one more to createDuoTestingModule({ replies }), or add it by DuoScript.add(). A retry takes a reply of its own.`,
  );
}
