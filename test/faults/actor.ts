import { setTimeout } from 'node:timers/promises';
import { AGENT } from './agent-name.js';
import { type Choice } from './choice.js';
import { type Client } from './client.js';
import { type Ask, type History } from './history.js';

const CHATS = 6;
/** After so many asks a chat is left for a new one, before its history grows long. */
const MAX_ASKS = 20;

const WORDS = 'The quick brown fox jumps over the lazy dog and runs far away to the quiet river at night'.split(' ');

/** The chats that all actors use at a time. */
export class OpenChats {
  private readonly asks = new Map<string, number>();

  constructor(private readonly choice: Choice) {}

  async one(client: Client): Promise<string | undefined> {
    if (this.asks.size >= CHATS) return this.choice.one([...this.asks.keys()]);
    const chat = await client.json<{ id: string }>('POST', '/chats', { agent: AGENT });
    if (chat === undefined) return undefined;
    client.history.chats.add(chat.id);
    this.asks.set(chat.id, 0);
    return chat.id;
  }

  count(chatId: string): void {
    const asks = (this.asks.get(chatId) ?? 0) + 1;
    if (asks > MAX_ASKS) this.asks.delete(chatId);
    else if (this.asks.has(chatId)) this.asks.set(chatId, asks);
  }
}

/** A user of the chats, who does random things until told to stop. */
export class Actor {
  private asked = 0;

  constructor(
    private readonly name: string,
    private readonly client: Client,
    private readonly chats: OpenChats,
  ) {}

  async work(signal: AbortSignal): Promise<void> {
    const { choice } = this.client;
    while (!signal.aborted) {
      const chatId = await this.chats.one(this.client);
      if (chatId !== undefined) await this.act(chatId);
      await setTimeout(choice.number(50, 800));
    }
  }

  private async act(chatId: string): Promise<void> {
    switch (this.client.choice.weighted({ ask: 10, cancel: 2, decide: 4, complete: 1, follow: 3, look: 2 })) {
      case 'ask':
        this.chats.count(chatId);
        return this.client.ask(this.newAsk(chatId));
      case 'complete':
        return this.client.ask(newCompletion(chatId, this.key(), undefined));
      case 'cancel':
        return this.cancel(chatId);
      case 'decide':
        return decide(this.client, chatId);
      case 'follow':
        return this.follow(chatId);
      case 'look':
        return look(this.client, chatId);
    }
  }

  private newAsk(chatId: string): Ask {
    const { choice } = this.client;
    const words = Array.from({ length: 30 }, () => choice.one(WORDS)).join(' ');
    const ms = choice.number(100, 1_500);
    const marked = (text: string): string => `#${this.name}-${this.asked} ${text}`;
    const contents = {
      short: words,
      story: 'Tell a story.',
      look: `\ncall look {"ms":${ms}}`,
      both: `\ncall look {"ms":${ms}}\ncall pay {"amount":5,"ms":${ms}}\ncall pay {"amount":6,"ms":200}`,
      approval: `\ncall look {"ms":${ms}}\ncall pay {"amount":500,"ms":${ms}}`,
    };
    const kind = choice.weighted({ short: 6, story: 4, look: 1, both: 3, approval: 2 });
    const whenBusy = choice.weighted({ none: 4, reject: 1, enqueue: 5, interrupt: 1 });
    return {
      chatId,
      content: marked(contents[kind]),
      key: this.key(),
      whenBusy: whenBusy === 'none' ? undefined : whenBusy,
      onDisconnect: choice.isLucky(5) ? 'cancel' : undefined,
      responses: [],
      runIds: new Set(),
    };
  }

  private key(): string | undefined {
    this.asked += 1;
    return this.client.choice.isLucky(65) ? `${this.name}-key-${this.asked}` : undefined;
  }

  private async cancel(chatId: string): Promise<void> {
    const runId = lastRun(this.client.history, chatId);
    if (runId === undefined) return;
    const { history } = this.client;
    // Also where no answer comes: the request may have done its work.
    history.cancelled.add(runId);
    const run = await this.client.json<{ status: string }>('POST', `/chats/${chatId}/runs/${runId}/cancel`);
    history.note(chatId, `cancel ${runId} → ${run?.status ?? 'no answer'}`);
  }

  private follow(chatId: string): Promise<void> {
    const runIds = this.client.history.asks.filter((ask) => ask.chatId === chatId).flatMap(({ runIds }) => [...runIds]);
    if (runIds.length > 0) this.client.reader.follow(chatId, this.client.choice.one(runIds));
    return Promise.resolve();
  }
}

export function newCompletion(chatId: string, key: string | undefined, whenBusy: string | undefined): Ask {
  return { chatId, content: null, key, whenBusy, onDisconnect: undefined, responses: [], runIds: new Set() };
}

/** Decides on the calls of a chat that await approval, and lets the run continue. */
export async function decide(client: Client, chatId: string): Promise<void> {
  const page = await client.json<{ items: { id: string }[] }>('GET', `/chats/${chatId}/tool-calls?status=pending`);
  const calls = page?.items ?? [];
  if (calls.length === 0) return;
  for (const { id } of calls) {
    const verdict = client.choice.isLucky(70) ? 'approve' : 'deny';
    const call = await client.json<{ status: string }>('POST', `/chats/${chatId}/tool-calls/${id}/${verdict}`);
    client.history.note(chatId, `${verdict} ${id} → ${call?.status ?? 'refused'}`);
  }
  await client.ask(newCompletion(chatId, undefined, undefined));
}

/** Reads the last runs of a chat: what has ended stays as it ended. */
async function look(client: Client, chatId: string): Promise<void> {
  const page = await client.json<{ items: { id: string; status: string; finishedAt: string | null }[] }>(
    'GET',
    `/chats/${chatId}/runs?limit=10`,
  );
  for (const { id, status, finishedAt } of page?.items ?? []) {
    if (finishedAt === null) continue;
    const seen = client.history.ends.get(id) ?? new Set();
    client.history.ends.set(id, seen.add(status));
  }
}

function lastRun(history: History, chatId: string): string | undefined {
  const ask = history.asks.findLast((ask) => ask.chatId === chatId && ask.runIds.size > 0);
  return ask && [...ask.runIds].at(-1);
}
