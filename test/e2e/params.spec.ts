import { beforeAll, describe, expect, it } from '@jest/globals';
import { mergeParamsSql } from '../../src/chats/store/begin-sql.js';
import { Chat, DuoChatService, DuoService, type ParamChanges } from '../../src/index.js';
import { mergeParams } from '../../src/messages/merge-params.js';
import { randomChanges } from '../unit/messages/random-params.js';
import { useTestHost } from './support/use-test-host.js';

describe('Parameters of a chat', () => {
  const host = useTestHost([Chat]);
  let chats: DuoChatService<Chat>;

  beforeAll(() => {
    chats = host.app.get(DuoChatService);
  });

  /** The text of the row: its order of keys counts for prompt caches. */
  async function row(chatId: string): Promise<string> {
    const [found]: { params: string }[] = await host.database.query(
      'SELECT params::text AS params FROM chats WHERE id = $1',
      [chatId],
    );
    return JSON.stringify(JSON.parse(found?.params ?? ''));
  }

  /** What the model was asked with last. */
  const asked = (): unknown => host.sandbox.calls.lastRequests['anthropic-messages']?.body;

  it('are merged by the database as by the entity', async () => {
    const merges = Array.from({ length: 400 }, (_, seed) => [randomChanges(seed), randomChanges(seed + 1_000)]);
    const rows: { merged: string }[] = await host.database.query(
      `SELECT ${mergeParamsSql('(pair->0)', '(pair->1)')}::text AS merged
         FROM json_array_elements($1::json) WITH ORDINALITY AS pairs (pair, place) ORDER BY place`,
      [JSON.stringify(merges)],
    );
    expect(rows.map(({ merged }) => JSON.stringify(JSON.parse(merged)))).toEqual(
      merges.map(([before = {}, changes]) => JSON.stringify(mergeParams(before, changes))),
    );
  });

  it('use the last of duplicate keys, as JavaScript does', async () => {
    const [before, changes] = ['{"a": 1, "b": 2, "a": null}', '{"c": 1, "b": {"x": null}, "c": [null]}'];
    const [found]: { merged: string }[] = await host.database.query(
      `SELECT ${mergeParamsSql('$1::json', '$2::json')}::text AS merged`,
      [before, changes],
    );
    const merged = mergeParams(JSON.parse(before) as ParamChanges, JSON.parse(changes) as ParamChanges);
    expect(JSON.stringify(JSON.parse(found?.merged ?? ''))).toBe(JSON.stringify(merged));
  });

  it('keep nulls, arrays and the order of keys within values, in the row as on the entity', async () => {
    const chat = await chats.create({ params: { zone: { z: null, a: [null, 2] }, temperature: 0.5 } });
    chat.withParams({ filter: { z: 1, a: null }, temperature: null });
    // The vendor refuses what it does not know; what the chat keeps is stored by then.
    await expect(chat.ask('Hello')).rejects.toMatchObject({ code: 'upstream_error' });
    const expected = '{"zone":{"z":null,"a":[null,2]},"filter":{"z":1,"a":null}}';
    expect([await row(chat.id), JSON.stringify(chat.params)]).toEqual([expected, expected]);
  });

  it('are read from the row for an entity that was loaded before another change', async () => {
    const { id } = await chats.create({ params: { topP: 0.5 } });
    const [first, second] = [await chats.find(id), await chats.find(id)];
    await first.withParams({ temperature: 0.5 }).ask('Hello');
    await second.withParams({ service_tier: 'auto' }).ask('And now?');
    expect(JSON.stringify(second.params)).toBe('{"topP":0.5,"temperature":0.5,"service_tier":"auto"}');
    expect(await row(id)).toBe(JSON.stringify(second.params));
  });

  it('never contain null at the top level', async () => {
    const chat = await chats.create({ params: { temperature: null, metadata: null } });
    expect([await row(chat.id), chat.params]).toEqual(['{}', {}]);
    const changed = await chats.update(chat.id, { params: { topP: null, metadata: { user_id: null } } });
    expect([await row(chat.id), changed.params]).toEqual(['{"metadata":{"user_id":null}}', changed.params]);
    const made = await chats.update(chat.id, { params: (before) => ({ ...before, metadata: null, topP: 0.5 }) });
    expect([await row(chat.id), made.params]).toEqual(['{"topP":0.5}', { topP: 0.5 }]);
  });

  it.each(['persisted', 'in memory'])('are unset for one ask by a null in its options: %s', async (where) => {
    const params = { temperature: 0.5, maxOutputTokens: 1_000 };
    const model = 'duo-chat-haiku-4-5';
    const chat =
      where === 'persisted' ? await chats.create({ model, params }) : host.app.get(DuoService).chat({ model, params });
    await chat.ask('Hello', { params: { temperature: null } });
    expect(asked()).toMatchObject({ max_tokens: 1_000 });
    expect(asked()).not.toHaveProperty('temperature');
    await chat.ask('And now?');
    expect(asked()).toMatchObject({ max_tokens: 1_000, temperature: 0.5 });
  });
});
