import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { Chat } from '../../../src/chats/chat.entity.js';
import { chatKind } from '../../../src/chats/chat-kind.js';
import { HistoryCache } from '../../../src/chats/store/history-cache.service.js';
import { KindStore } from '../../../src/chats/store/kind-store.js';
import { InstanceStores } from '../../../src/chats/store/instance-stores.service.js';
import { type RunEvent } from '../../../src/runs/run-event.interface.js';
import { type BegunRun } from '../../../src/runs/begin-run.interface.js';
import { type RequestKey } from '../../../src/runs/request-key.interface.js';

export const MODEL = 'duo-chat-sonnet-4-6';
export const QUESTION = 'And what about the lazy dog?';
export const ANSWER = 'The lazy dog sleeps. '.repeat(20);
export const USAGE = {
  inputTokens: 1_000,
  outputTokens: 100,
  reasoningTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** What the run's log gets with its end, which comes before the first tick of the log. */
export const EVENTS: RunEvent[] = [
  { type: 'run-start', runId: randomUUID(), chatId: randomUUID(), userMessageId: randomUUID() },
  { type: 'message-start', messageId: randomUUID(), role: 'assistant' },
  ...ANSWER.trim()
    .split(' ')
    .map((text) => ({ type: 'text-delta' as const, text: `${text} ` })),
];

/** Begins and ends plain runs through the port that runs use. */
export class PlainRuns {
  private readonly instanceId = randomUUID();
  private readonly store: KindStore;

  constructor(dataSource: DataSource) {
    const owner = { instanceId: this.instanceId, isHeld: () => true, logFailure: () => undefined };
    const instance = new InstanceStores().of(dataSource);
    const kind = { ...chatKind(Chat), whenBusy: 'reject' as const, recovery: 'takeover' as const };
    this.store = new KindStore(dataSource, kind, instance, owner, new HistoryCache().ofKind());
  }

  /** A run that has begun, and how to end it. */
  async begin(
    chatId: string,
    requestKey: RequestKey | null = null,
  ): Promise<{ begun: BegunRun; finish: () => Promise<void> }> {
    const runs = this.store.runsOf(chatId, null);
    const runId = uuidv7();
    const attemptId = uuidv7();
    const begun = await runs.begin({
      runId,
      attemptId,
      requestKey,
      isQueued: false,
      maxOwnerRuns: 100,
      instanceId: this.instanceId,
      user: { id: uuidv7(), parts: [{ type: 'text', text: QUESTION }] },
      requestId: null,
      model: null,
      tools: null,
      options: null,
      settings: {},
      check: null,
      claim: () => true,
    });
    const finish = async (): Promise<void> => {
      await runs.finish({
        runId,
        chatId,
        fence: begun.fence,
        status: 'completed',
        answer: {
          id: uuidv7(),
          status: 'complete',
          text: ANSWER,
          parts: [{ type: 'text', text: ANSWER }],
          model: begun.model,
          finishReason: 'stop',
          finishDetail: null,
          createdAt: new Date().toISOString(),
        },
        attempt: {
          id: attemptId,
          outcome: {
            number: 1,
            status: 'succeeded',
            usage: USAGE,
            firstTokenMs: 300,
            durationMs: 2_000,
            errorCode: null,
          },
        },
        error: null,
        answerUsage: USAGE,
        usage: USAGE,
        unlogged: { sent: undefined, fresh: { firstIndex: 0, events: EVENTS } },
        prefixDigest: null,
        supersedes: [],
      });
    };
    return { begun, finish };
  }
}
