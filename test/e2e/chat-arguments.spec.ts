import { beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteDateColumn, Entity } from 'typeorm';
import { ActsAsChat, ActsAsMessage, ChatNotFoundError, DuoChatService, GitlabDuoModule } from '../../src/index.js';
import { useTestHost } from './support/use-test-host.js';

@Entity('case_messages')
class CaseMessage extends ActsAsMessage<Case>({ chat: () => Case }) {}

@Entity('cases')
class Case extends ActsAsChat<CaseMessage>({ messages: () => CaseMessage, kind: 'case' }) {
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

describe('DuoChatService', () => {
  const host = useTestHost([Case]);
  let chats: DuoChatService<Case>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  it('updates only mutable fields of a chat, whatever a host passes', async () => {
    const anns = await chats.create({ ownerId: 'ann' });
    const bobs = await chats.create({ ownerId: 'bob', title: 'Private' });
    const stray = { id: bobs.id, ownerId: 'bob', agent: 'x', createdAt: new Date(0), nextSeq: 7, tools: ['x'] };
    const changed = await chats.update(anns.id, { title: 'Mine', ...stray }, { ownerId: 'ann' });
    const { createdAt } = anns;
    expect(changed).toMatchObject({ id: anns.id, ownerId: 'ann', title: 'Mine', agent: null, tools: null, createdAt });
    expect(await chats.find(bobs.id, { ownerId: 'bob' })).toMatchObject({ title: 'Private' });
    expect((await chats.list({ ownerId: 'ann' })).items.map(({ id }) => id)).toEqual([anns.id]);
  });

  it.each<[string, (id: string) => unknown]>([
    ['title', () => chats.create({ title: 5 as never })],
    ['model', () => chats.create({ model: 5 as never })],
    ['instructions', () => chats.create({ instructions: {} as never })],
    ['params', () => chats.create({ params: [] as never })],
    ['metadata', () => chats.create({ metadata: 'x' as never })],
    ['ownerId', () => chats.create({ ownerId: 'a\0b' })],
    ['settings', (id) => chats.update(id, null as never)],
    ['title', (id) => chats.update(id, { title: [] as never })],
    ['ownerId', (id) => chats.find(id, { ownerId: 'a\0b' })],
    ['ownerId', (id) => chats.ref(id, { ownerId: 7 as never }).ask('Hello')],
    ['ownerId', () => chats.usageOf({ ownerId: 'a\0b' })],
    ['dates', () => chats.usageOf({ from: '2026-01-01' as never })],
    ['after', (id) => chats.messages(id, { after: 1.5 })],
    ['after', (id) => chats.messages(id, { after: 2 ** 31 })],
    ['role', (id) => chats.ref(id).addMessage({ role: 'tool' as never, content: 'x' })],
    ['role', (id) => chats.ref(id).addMessage({ role: '__proto__' as never, content: 'x' })],
  ])('explains that %s is wrong', async (name, call) => {
    const { id } = await chats.create();
    await expect(call(id)).rejects.toMatchObject({ code: 'validation_failed', message: expect.stringContaining(name) });
    expect((await chats.messages(id)).items).toEqual([]);
  });

  it('does not find a soft-deleted chat', async () => {
    const { id } = await chats.create();
    await chats.ref(id).ask('Hello');
    await host.database.getRepository(Case).softDelete(id);
    const calls: (() => Promise<unknown>)[] = [
      () => chats.find(id),
      () => chats.messages(id),
      () => chats.update(id, { title: 'Back' }),
      () => chats.ref(id).ask('Again'),
      () => chats.ref(id).addMessage({ role: 'user', content: 'Again' }),
      () => chats.ref(id).complete(),
      () => chats.ref(id).isComplete(),
      () => chats.ref(id).pendingApprovals(),
      () => chats.ref(id).approve(id),
      () => chats.ref(id).usage(),
      () => chats.delete(id),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(ChatNotFoundError);
    await host.database.getRepository(Case).restore(id);
    expect((await chats.messages(id)).items).toHaveLength(2);
    await chats.ref(id).ask('Again');
  });
});

it('Chat kinds that are not initialised yet are distinguished from unknown ones', () => {
  expect(() => GitlabDuoModule.forFeature([undefined as never])).toThrow('imported in a circle');
});
