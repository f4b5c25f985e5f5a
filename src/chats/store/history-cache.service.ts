import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StoredHistory } from './stored-history.js';

const MAX_BYTES = 64 * 1024 * 1024;

/** The histories of the chats of one kind in one data source, by the ids of the chats. */
export interface Histories {
  /** As it was last read; the database decides whether it is still current. */
  get(chatId: string): StoredHistory;
  set(chatId: string, history: StoredHistory): void;
  delete(chatId: string): void;
}

/** Caches the histories that were read last, so that a begin reads only new messages. One bound for all kinds of chat. */
@Injectable()
export class HistoryCache {
  private readonly histories = new LRUCache<string, StoredHistory>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  private kinds = 0;

  /** The cache of one more kind. */
  ofKind(): Histories {
    const kind = this.kinds++;
    const key = (chatId: string): string => `${kind}:${chatId}`;
    return {
      get: (chatId) => this.histories.get(key(chatId)) ?? StoredHistory.unknown,
      set: (chatId, history) => {
        if (history.bytes > 0) this.histories.set(key(chatId), history);
      },
      delete: (chatId) => {
        this.histories.delete(key(chatId));
      },
    };
  }
}
