import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from './support/http-client.js';
import { PLATFORMS } from './support/test-server.js';
import { useTestServer } from './support/use-test-host.js';

interface Page {
  items: { id: string; seq: number }[];
  nextCursor: string | null;
}

describe.each(PLATFORMS)('Pages on %s', (platform) => {
  const server = useTestServer({ platform });
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient(server.url);
  });
  beforeEach(() => server.database.query('DELETE FROM chats'));

  const page = (path: string) => client.json<Page>('GET', path);
  const idsOf = ({ items }: Page) => items.map(({ id }) => id);

  async function newChats(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.unshift(await client.createChat());
    return ids;
  }

  it('are empty without rows', async () => {
    const nothing = { items: [], nextCursor: null };
    expect(await page('/chats')).toEqual(nothing);
    const [chatId] = await newChats(1);
    expect(await page(`/chats/${chatId}/messages`)).toEqual(nothing);
    expect(await page(`/chats/${chatId}/messages?after=7`)).toEqual(nothing);
    expect(await page(`/chats?cursor=${chatId}`)).toEqual(nothing);
  });

  it('end with null, even if the last page is full', async () => {
    const ids = await newChats(4);
    const first = await page('/chats?limit=2');
    expect([idsOf(first), first.nextCursor]).toEqual([ids.slice(0, 2), ids[1]]);
    const last = await page(`/chats?limit=2&cursor=${first.nextCursor}`);
    expect([idsOf(last), last.nextCursor]).toEqual([ids.slice(2), null]);
    expect((await page('/chats?limit=4')).nextCursor).toBeNull();
    expect((await page('/chats')).items).toHaveLength(4);
  });

  it('keep their place while chats are created and deleted', async () => {
    const ids = await newChats(6);
    const first = await page('/chats?limit=2');
    await newChats(2);
    await client.send('DELETE', `/chats/${first.nextCursor}`);
    await client.send('DELETE', `/chats/${ids[3]}`);
    const second = await page(`/chats?limit=2&cursor=${first.nextCursor}`);
    expect(idsOf(second)).toEqual([ids[2], ids[4]]);
    const third = await page(`/chats?limit=2&cursor=${second.nextCursor}`);
    expect([idsOf(third), third.nextCursor]).toEqual([[ids[5]], null]);
  });

  it('continue after the given sequence number', async () => {
    const chatId = await client.createChat();
    for (const content of ['one', 'two', 'three']) await client.ask(chatId, content);
    const seqs: number[] = [];
    let cursor: string | null = '-1';
    while (cursor !== null) {
      const next: Page = await page(`/chats/${chatId}/messages?limit=4&after=${cursor}`);
      seqs.push(...next.items.map(({ seq }) => seq));
      cursor = next.nextCursor;
      if (cursor !== null) expect(cursor).toBe(String(seqs.at(-1)));
    }
    expect(seqs).toEqual([0, 1, 2, 3, 4, 5]);
    const before = await page(`/chats/${chatId}/messages?limit=6`);
    expect(before.nextCursor).toBeNull();
    await client.ask(chatId, 'four');
    expect((await page(`/chats/${chatId}/messages?after=5`)).items.map(({ seq }) => seq)).toEqual([6, 7]);
  });

  it.each([
    ['limit=0', 'limit must not be less than 1'],
    ['limit=-1', 'limit must not be less than 1'],
    ['limit=101', 'limit must not be greater than 100'],
    ['limit=1.5', 'limit must be an integer number'],
    ['limit=1e1', 'limit must be an integer number'],
    ['limit=0x10', 'limit must be an integer number'],
    ['limit=', 'limit must be an integer number'],
    ['limit=ten', 'limit must be an integer number'],
    ['limit=1&limit=2', 'limit must be an integer number'],
    ['limit[]=1', 'limit'],
    ['limit[a]=1', 'limit'],
    ['limit=99999999999999999999', 'limit must be an integer number'],
    ['cursor=', 'cursor must be a UUID'],
    ['cursor=1', 'cursor must be a UUID'],
    ["cursor=' OR 1=1", 'cursor must be a UUID'],
    ['cursor=01a20270-303e-7767-aa57-93b6b4b670fb&cursor=x', 'cursor must be a UUID'],
    ['page=2', 'property page should not exist'],
  ])('refuse ?%s and explain it', async (query, detail) => {
    const response = await client.send('GET', `/chats?${query}`);
    expect([response.status, response.body]).toMatchObject([
      400,
      { code: 'validation_failed', detail: expect.stringContaining(detail) },
    ]);
  });

  it.each([
    ['limit=0', 'limit must not be less than 1'],
    ['limit=1001', 'limit must not be greater than 1000'],
    ['after=-2', 'after must not be less than -1'],
    ['after=2147483648', 'after must not be greater than 2147483647'],
    ['after=1.5', 'after must be an integer number'],
    ['after=x', 'after must be an integer number'],
    ['cursor=1', 'property cursor should not exist'],
  ])('refuse the messages ?%s and explain it', async (query, detail) => {
    const [chatId] = await newChats(1);
    const response = await client.send('GET', `/chats/${chatId}/messages?${query}`);
    expect([response.status, response.body]).toMatchObject([
      400,
      { code: 'validation_failed', detail: expect.stringContaining(detail) },
    ]);
  });
});
