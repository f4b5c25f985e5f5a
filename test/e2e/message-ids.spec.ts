import { beforeEach, describe, expect, it } from '@jest/globals';
import { type StartOptions } from '../../src/conversation/ask-options.interface.js';
import { type BaseChat } from '../../src/conversation/base-chat.js';
import { startRun } from '../../src/conversation/start-run.js';
import { MessageIdTakenError } from '../../src/errors/run.errors.js';
import { Chat } from '../../src/index.js';
import { type RunHandle } from '../../src/runs/run-handle.js';
import { until } from './support/until.js';
import { useTestHost } from './support/use-test-host.js';

type Said = { role: string; text: string; externalId?: string | null };

describe.each(['in the database', 'in memory'])('The external id of a message %s', (place) => {
  const host = useTestHost([Chat]);
  let chat: BaseChat<unknown>;
  let messages: () => Promise<readonly Said[]>;

  beforeEach(async () => {
    host.sandbox.reset();
    if (place === 'in memory') {
      const talking = host.duo.chat();
      [chat, messages] = [talking, () => Promise.resolve(talking.messages)];
    } else {
      const stored = await host.chats.create();
      [chat, messages] = [stored, async () => (await host.chats.messages(stored.id)).items];
    }
  });

  const start = (content: string, messageExternalId: string, options: StartOptions = {}): Promise<RunHandle> =>
    startRun(chat, content, { ...options, messageExternalId });
  const ids = async (): Promise<unknown[]> =>
    (await messages()).filter(({ role }) => role === 'user').map(({ externalId }) => externalId);

  it('is stored with the message, and names its run to a second ask with it', async () => {
    const first = await start('One', 'm1');
    await first.result();
    const error = await start('Two', 'm1').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MessageIdTakenError);
    expect(error).toMatchObject({ externalId: 'm1', runId: first.id });
    await (await start('Two', 'm2')).result();
    expect(await ids()).toEqual(['m1', 'm2']);
  });

  it('belongs to its chat alone', async () => {
    const other = place === 'in memory' ? host.duo.chat() : await host.chats.create();
    await (await start('One', 'm1')).result();
    await (await startRun(other, 'One', { messageExternalId: 'm1' })).result();
    expect(await ids()).toEqual(['m1']);
  });

  it('is that of a queued run as well, and stored when that begins', async () => {
    host.sandbox.fault({ fault: 'stream-stall' });
    const first = await start('One', 'm1');
    await until(() => host.sandbox.calls.openStreams === 1);
    await expect(start('One', 'm1')).rejects.toMatchObject({ externalId: 'm1', runId: first.id });
    await expect(start('One', 'm1', { whenBusy: 'interrupt' })).rejects.toThrow(MessageIdTakenError);
    const second = await start('Two', 'm2', { whenBusy: 'enqueue' });
    await expect(start('Two', 'm2', { whenBusy: 'enqueue' })).rejects.toMatchObject({ runId: second.id });
    await chat.cancel();
    await second.result();
    expect(await ids()).toEqual(['m1', 'm2']);
  });

  it('makes one run of twenty concurrent asks', async () => {
    const asks = await Promise.allSettled(
      Array.from({ length: 20 }, () => start('One', 'm1', { whenBusy: 'enqueue' })),
    );
    const begun = asks.flatMap((ask) => (ask.status === 'fulfilled' ? [ask.value] : []));
    expect(begun).toHaveLength(1);
    const runId = begun[0]?.id;
    const refusals = asks.flatMap((ask) => (ask.status === 'rejected' ? [ask.reason as unknown] : []));
    expect(refusals).toHaveLength(19);
    for (const refusal of refusals) expect(refusal).toMatchObject({ externalId: 'm1', runId });
    await begun[0]?.result();
    expect(await ids()).toEqual(['m1']);
  });
});
