import { setTimeout } from 'node:timers/promises';
import { type Choice } from './choice.js';
import { type Instance } from './cluster.js';
import { type Ask, type AskResponse, type History } from './history.js';
import { type Reader } from './reader.js';

/** Longer than a long answer and a takeover take. */
const ANSWER_TIMEOUT_MS = 25_000;
const MAX_TRIES = 8;

type Form = 'json' | 'events' | 'async';

/** Speaks to any of the servers, as a client that takes down what it is answered. */
export class Client {
  constructor(
    readonly history: History,
    readonly instances: readonly Instance[],
    readonly choice: Choice,
    readonly reader: Reader,
  ) {}

  /** Sends an ask; with a key, until it is acknowledged, and now and then twice. */
  async ask(ask: Ask): Promise<void> {
    this.history.asks.push(ask);
    if (ask.key !== undefined && this.choice.isLucky(15)) await Promise.all([this.send(ask), this.send(ask)]);
    else await this.send(ask);
    if (ask.key === undefined) return;
    for (let tries = 1; tries < MAX_TRIES && ask.runIds.size === 0 && isUnsure(ask); tries += 1) {
      await setTimeout(this.choice.number(200, 1_500));
      await this.send(ask);
    }
    if (this.choice.isLucky(25)) await this.send(ask);
  }

  /** Sends a request whose answer is JSON; undefined where none came, or one that says to try again. */
  async json<T>(method: string, path: string, body?: object): Promise<T | undefined> {
    const response = await this.fetch(path, AbortSignal.timeout(ANSWER_TIMEOUT_MS), {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return response?.ok ? ((await response.json().catch(() => undefined)) as T | undefined) : undefined;
  }

  /** Makes the same request again once the servers are up, for its answer. */
  async sendAgain(ask: Ask): Promise<AskResponse | undefined> {
    await this.send(ask, 'json');
    return ask.responses.at(-1);
  }

  private async send(ask: Ask, form: Form = this.choice.weighted({ json: 3, events: 5, async: 2 })): Promise<void> {
    const { chatId, content, key, whenBusy, onDisconnect } = ask;
    const leave = new AbortController();
    const path = `/chats/${chatId}/${content === null ? 'completions' : 'messages'}`;
    const name = `${nameOf(ask)} (${[form, key, whenBusy, onDisconnect].filter(Boolean).join(' ')})`;
    const timer = globalThis.setTimeout(() => {
      leave.abort();
    }, ANSWER_TIMEOUT_MS);
    const response = await this.fetch(path, leave.signal, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: form === 'events' ? 'text/event-stream' : 'application/json',
        ...(key !== undefined && { 'idempotency-key': this.choice.isLucky(50) ? `"${key}"` : key }),
        ...(form === 'async' && { prefer: 'respond-async' }),
      },
      body: JSON.stringify({ ...(content !== null && { content }), whenBusy, onDisconnect }),
    });
    const answer = response && (await this.read(response).catch(() => undefined));
    clearTimeout(timer);
    this.history.note(chatId, `${name} → ${describe(answer)}`);
    if (response === undefined || answer === undefined) {
      ask.responses.push({ status: 0, runId: undefined, isReplayed: false, message: undefined, code: undefined });
      return;
    }
    ask.responses.push(answer);
    if (answer.runId === undefined) return;
    ask.runIds.add(answer.runId);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    if (isStream) this.reader.follow(chatId, answer.runId, { response, leave });
    else if (this.choice.isLucky(50)) this.reader.follow(chatId, answer.runId);
  }

  private async read(response: Response): Promise<AskResponse> {
    const { status, headers } = response;
    const isReplayed = headers.get('idempotent-replayed') === 'true';
    const runId = headers.get('x-run-id') ?? undefined;
    if (headers.get('content-type')?.startsWith('text/event-stream')) {
      return { status, runId, isReplayed, message: undefined, code: undefined };
    }
    const body = (await response.json()) as Record<string, string>;
    const { id = '', text = '', status: stands = '' } = body;
    const message = status === 201 ? { id, text, status: stands } : undefined;
    const cancelled = body.code === 'run_cancelled' ? body.runId : undefined;
    return { status, runId: runId ?? cancelled, isReplayed, message, code: body.code };
  }

  private async fetch(path: string, signal: AbortSignal, init: RequestInit): Promise<Response | undefined> {
    const { url } = this.choice.one(this.instances);
    return fetch(url + path, { ...init, signal }).catch(() => undefined);
  }
}

/** Whether the ask may have had no effect yet, so that it is worth another try. */
function isUnsure({ responses }: Ask): boolean {
  const { status = 0 } = responses.at(-1) ?? {};
  return status === 0 || status >= 500 || status === 429;
}

/** The ask on one line. */
export function nameOf({ content }: Ask): string {
  return content?.replaceAll('\n', ' ').slice(0, 50) ?? 'a completion';
}

function describe(answer: AskResponse | undefined): string {
  if (answer === undefined) return 'no answer';
  const { status, runId = '', isReplayed, code = '', message } = answer;
  return [status, code, runId, isReplayed ? 'replayed' : '', message && `message ${message.id} ${message.status}`]
    .filter(Boolean)
    .join(' ');
}
