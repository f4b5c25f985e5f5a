import { describe, expect, it } from '@jest/globals';
import { DeleteDateColumn, Entity } from 'typeorm';
import { ActsAsChat, ActsAsMessage } from '../../src/index.js';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS } from './support/test-server.js';
import { useTestHost, useTestServer } from './support/use-test-host.js';

describe.each(PLATFORMS)('External ids of chats over HTTP, on %s', (platform) => {
  const server = useTestServer({ platform });
  const create = (body: object) => new HttpClient(server.url).send('POST', '/chats', body);

  it('make a chat once, whatever is sent with them later', async () => {
    const first = await create({ externalId: 'mail-7', title: 'Mail' });
    expect([first.status, first.body]).toMatchObject([201, { externalId: 'mail-7', title: 'Mail' }]);
    const again = await create({ externalId: 'mail-7', title: 'Another', model: 'duo-chat-haiku-4-5' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await create({})).body).not.toHaveProperty('externalId');
  });

  it('make one chat of twenty concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ externalId: 'race' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(new Set(answers.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
  });

  it.each([[''], [7], [null], ['x'.repeat(256)], ['\0']])(
    'are refused where they cannot be stored: %j',
    async (externalId) => {
      expect((await create({ externalId })).body).toMatchObject({ status: 400, code: 'validation_failed' });
    },
  );

  it('belong to their owner, also in code', async () => {
    const { chats } = server;
    const ann = await chats.create({ externalId: 'one', ownerId: 'ann' });
    expect(ann).toMatchObject({ externalId: 'one', isAwaitingApproval: false });
    expect((await chats.create({ externalId: 'one', ownerId: 'ann' })).id).toBe(ann.id);
    expect((await chats.findOrCreate({ externalId: 'one', ownerId: 'bob' })).isNew).toBe(true);
    const nobodys = await chats.create({ externalId: 'one' });
    expect((await chats.create({ externalId: 'one' })).id).toBe(nobodys.id);
    await chats.delete(nobodys.id);
    expect((await chats.create({ externalId: 'one' })).id).not.toBe(nobodys.id);
    await expect(chats.create({ externalId: 'x'.repeat(256) })).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

@Entity('mail_messages')
class MailMessage extends ActsAsMessage<Mail>({ chat: () => Mail }) {}

@Entity('mails')
class Mail extends ActsAsChat<MailMessage>({ messages: () => MailMessage, kind: 'mail' }) {
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

describe('External ids of chats that are soft-deleted', () => {
  const host = useTestHost([Mail]);

  it('are refused with the reason, to their owner alone, until the chat is restored', async () => {
    const { chats } = host;
    const mails = host.database.getRepository(Mail);
    const ann = { externalId: 'mail-7', ownerId: 'ann' };
    const { id } = await chats.create(ann);
    await mails.softDelete(id);
    const refused = { code: 'validation_failed', message: expect.stringContaining('externalId mail-7') };
    await expect(chats.create(ann)).rejects.toMatchObject(refused);
    expect((await chats.findOrCreate({ ...ann, ownerId: 'bob' })).isNew).toBe(true);
    expect((await chats.findOrCreate({ ...ann, externalId: 'mail-8' })).isNew).toBe(true);
    await mails.restore(id);
    expect((await chats.create(ann)).id).toBe(id);
  });
});
