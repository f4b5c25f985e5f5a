import { describe, expect, it, jest } from '@jest/globals';
import { Chat, DuoChatService } from '../../src/index.js';
import { type AnswerView } from './support/http-client.js';
import { startTestHost } from './support/test-module.js';
import { until } from './support/until.js';
import { owner, useKilledServer } from './support/use-killed-server.js';

jest.setTimeout(120_000);

const recovery = 'interrupt' as const;

describe("A server that is killed, next to one with recovery: 'interrupt'", () => {
  const killed = useKilledServer({ recovery });

  it('leaves a run that ends as interrupted without another ask, with its text', async () => {
    const { chatId, first } = await killed.answeredChat();
    const said = await killed.killMidStream(chatId);
    await killed.untilLastRun(chatId, 'interrupted');
    const items = await killed.expectSound(chatId, first);
    const run = (await killed.rows.runs(chatId))[1] as { id: string };
    expect(run).toMatchObject({ code: 'server_busy', answer_message_id: items[3]?.id, finished_at: expect.any(Date) });
    expect(items[3]).toMatchObject({ role: 'assistant', status: 'interrupted', text: said, runId: run.id });
    expect(items[3]?.parts).toEqual([{ type: 'text', text: said }]);
    expect(await killed.rows.attempts(chatId)).toEqual(['succeeded', 'unknown', 'succeeded']);
    expect((await killed.rows.log(run.id)).slice(-5)).toMatchObject([
      [1_000_000, { type: 'reset', messageId: items[3]?.id, reason: 'server_busy' }],
      [1_000_001, { type: 'text-delta', text: said }],
      [1_000_002, { type: 'message-end', message: { id: items[3]?.id, seq: 3, status: 'interrupted', text: said } }],
      [1_000_003, { type: 'error', problem: { code: 'server_busy' } }],
      [1_000_004, { type: 'run-end', status: 'interrupted' }],
    ]);
    expect(run).toMatchObject({ last_event_index: 1_000_004, takeovers: 0 });
  });

  it('keeps the question where nothing was said', async () => {
    const { chatId, first } = await killed.answeredChat();
    killed.sandbox.reset();
    killed.sandbox.fault({ fault: 'gateway-hang' });
    const asking = killed.doomedAsk(chatId);
    await until(() => killed.sandbox.calls.requests['anthropic-messages'] === 1);
    await killed.server.kill();
    await asking;
    await killed.untilLastRun(chatId, 'interrupted');
    const items = await killed.expectSound(chatId, first);
    expect(items.map(({ text }) => text).slice(2, 4)).toEqual(['Second', 'And now?']);
    expect((await killed.rows.runs(chatId))[1]).toMatchObject({ fence: 1, code: 'server_busy' });
  });

  it('is answered again by a completion, which replaces the partial answer', async () => {
    const { chatId } = await killed.answeredChat();
    await killed.killMidStream(chatId);
    await killed.untilLastRun(chatId, 'interrupted');
    const answer = await killed.chats.ref(chatId, owner).complete();
    expect(answer).toMatchObject({
      seq: 4,
      status: 'complete',
      text: expect.stringContaining('Turn 2. You said: "Second"'),
    });
    const { items } = await killed.chats.messages(chatId, { ...owner, include: 'superseded' });
    expect(items[3]).toMatchObject({ status: 'interrupted', supersededBy: answer.runId });
  });

  it('frees its chat for the next ask once its lease is over', async () => {
    const { chatId, first } = await killed.answeredChat();
    const said = await killed.killMidStream(chatId);
    await killed.rows.expireLease(chatId);
    expect((await killed.expectSound(chatId, first))[3]).toMatchObject({ status: 'interrupted', text: said });
  });

  it('is recovered once, by any number of concurrent asks', async () => {
    const { shared, rows, chats } = killed;
    const rival = await startTestHost([Chat], { database: shared, migrated: true, gitlab: { recovery } });
    try {
      const rivals = rival.app.get<DuoChatService<Chat>>(DuoChatService);
      const asked: { id: string; first: AnswerView; said: () => string }[] = [];
      killed.sandbox.reset();
      for (let chat = 0; chat < 4; chat += 1) {
        const { chatId: id, first } = await killed.answeredChat();
        killed.sandbox.fault({ fault: 'stream-stall', afterChunks: 5 });
        const { pieces } = await killed.followedAsk(id);
        await until(() => pieces().length === 5);
        asked.push({ id, first, said: () => pieces().join('') });
      }
      for (const { id, said } of asked) {
        await until(async () => (await rows.loggedText((await killed.lastRun(id)).id)) === said());
      }
      await killed.server.kill();
      await rows.expireLease(asked[0]?.id ?? '');
      for (const { id, said } of asked) {
        const asks = await Promise.allSettled(
          [chats, rivals, chats, rivals].map((service) => service.ref(id, owner).ask('Mine')),
        );
        const refused = asks.filter((ask) => ask.status === 'rejected');
        for (const { reason } of refused) expect(reason).toMatchObject({ code: 'chat_busy', isRetryable: true });
        const { items } = await chats.messages(id, { ...owner, include: 'superseded' });
        expect(items.map(({ seq }) => seq)).toEqual(items.map((_message, seq) => seq));
        expect(items.filter(({ status }) => status === 'interrupted')).toMatchObject([{ seq: 3, text: said() }]);
        const runs = await rows.runs(id);
        expect(runs.map(({ status }) => status)).toEqual([
          'completed',
          'interrupted',
          ...Array.from({ length: asks.length - refused.length }, () => 'completed'),
        ]);
      }
    } finally {
      await rival.close();
    }
  });
});
