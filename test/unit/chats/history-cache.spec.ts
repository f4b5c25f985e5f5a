import { describe, expect, it } from '@jest/globals';
import { HistoryCache } from '../../../src/chats/store/history-cache.service.js';
import { StoredHistory } from '../../../src/chats/store/stored-history.js';

function history(text: string): StoredHistory {
  const parts = JSON.stringify([{ type: 'text', text }]);
  const header = { done: null, after: -1, version: '1' };
  return StoredHistory.unknown.renewed(header, [[0, 'm', 'user', 'complete', parts, null, null]]);
}

describe('History cache', () => {
  it('keeps the chats of each kind apart, and forgets deleted ones', () => {
    const cache = new HistoryCache();
    const [tickets, notes] = [cache.ofKind(), cache.ofKind()];
    const ticket = history('Ticket');
    tickets.set('1', ticket);
    expect([tickets.get('1'), notes.get('1')]).toEqual([ticket, StoredHistory.unknown]);
    tickets.delete('1');
    expect(tickets.get('1')).toBe(StoredHistory.unknown);
  });

  it('keeps the histories used last within one bound for all kinds', () => {
    const cache = new HistoryCache();
    const [tickets, notes] = [cache.ofKind(), cache.ofKind()];
    const megabytes = (count: number) => history('x'.repeat(count * 1024 * 1024));
    tickets.set('old', megabytes(4));
    tickets.set('used', megabytes(4));
    notes.set('new', megabytes(4));
    tickets.get('used');
    notes.set('newer', megabytes(6));
    const isKept = (kept: StoredHistory) => kept !== StoredHistory.unknown;
    expect([tickets.get('old'), tickets.get('used'), notes.get('new'), notes.get('newer')].map(isKept)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    tickets.set('huge', megabytes(20));
    expect(isKept(tickets.get('huge'))).toBe(false);
    expect(isKept(tickets.get('used'))).toBe(true);
  });

  it('counts the size of a history again as it grows', () => {
    const first = history('x'.repeat(1_000));
    const second = first.renewed({ done: null, after: 0, version: '2' }, [
      [1, 'n', 'assistant', 'complete', '[]', 'stop', null],
    ]);
    expect(second.messages.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(second.messages[0]).toBe(first.messages[0]);
    expect(second.bytes).toBeGreaterThan(first.bytes);
    expect(second.renewed({ done: null, after: -1, version: '3' }, [])).toMatchObject({ messages: [], bytes: 0 });
  });
});
