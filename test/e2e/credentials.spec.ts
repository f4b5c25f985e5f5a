import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Chat } from '../../src/chats/chat.entity.js';
import { DuoChatService } from '../../src/chats/duo-chat.service.js';
import { type CredentialContext } from '../../src/config/gitlab-duo-options.interface.js';
import { DuoService } from '../../src/conversation/duo.service.js';
import { startTestHost, type TestHost } from './support/test-module.js';

let host: TestHost;
let asked: CredentialContext[] = [];

beforeAll(async () => {
  host = await startTestHost([Chat], {
    gitlab: {
      apiKey: undefined,
      credentials: (context) => {
        asked.push(context);
        return `glpat-${context.ownerId ?? 'nobody'}`;
      },
    },
  });
});
afterAll(() => host.close());
beforeEach(() => {
  asked = [];
  host.sandbox.reset();
});

describe('A token for each owner', () => {
  it('is selected by the owner of a stored chat', async () => {
    const chats = host.app.get<DuoChatService<Chat>>(DuoChatService);
    const created = await Promise.all(['anna', 'bert'].map((ownerId) => chats.create({ ownerId })));
    await Promise.all(created.map((chat) => chat.ask('Hello')));
    expect(new Set(asked.map(({ ownerId, chatId }) => `${ownerId} ${chatId}`))).toEqual(
      new Set(created.map(({ id, ownerId }) => `${ownerId} ${id}`)),
    );
    expect(host.sandbox.calls.exchanges).toBe(2);
  });

  it('is selected by the owner of a chat in memory', async () => {
    const duo = host.app.get(DuoService);
    const chat = duo.chat({ ownerId: 'carla' });
    await chat.ask('Hello');
    await duo.chat().ask('Hello');
    expect(asked).toMatchObject([{ ownerId: 'carla', chatId: chat.id }, { ownerId: null }]);
  });

  it('can be checked', async () => {
    await host.app.get(DuoService).testConnection({ ownerId: 'dora' });
    expect(asked).toMatchObject([{ ownerId: 'dora' }]);
    await expect(host.app.get(DuoService).testConnection({ ownerId: 'revoked' })).rejects.toMatchObject({
      code: 'gateway_auth_failed',
    });
  });
});
