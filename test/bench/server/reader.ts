import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

const MARK = Buffer.from('event: text-delta');
const START_EVERY_MS = 3;
const TRY_EVERY_MS = 50;
const MAX_TRIES = 200;

/** Asks a server for streams of events and counts their chunks of text, at little cost. */
export class Reader {
  private readonly dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  constructor(private readonly url: string) {}

  /**
   * Reads each path to its end, so often, one time after the other. The paths start one after the other, so that none
   * waits for the database.
   */
  async readAll(paths: readonly string[], onChunks: (count: number) => void, times = 1): Promise<void> {
    const reads = paths.map(async (path, place) => {
      await sleep(place * START_EVERY_MS);
      for (let time = 0; time < times; time += 1) await this.read(path, onChunks);
    });
    await Promise.all(reads);
  }

  /** Follows the runs that another reader asks for by these paths, each from its start to its end. */
  async followAll(paths: readonly string[], onChunks: (count: number) => void): Promise<void> {
    await Promise.all(paths.map((path) => this.follow(path.replace(/messages$/, 'stream'), onChunks)));
  }

  private async read(path: string, onChunks: (count: number) => void): Promise<void> {
    const { statusCode, body } = await request(this.url + path, {
      dispatcher: this.dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"content":"Tell me a story"}',
    });
    if (statusCode !== 200) throw new Error(`Status ${statusCode}: ${await body.text()}`);
    await count(body, onChunks);
  }

  private async follow(path: string, onChunks: (count: number) => void): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { statusCode, body } = await request(this.url + path, { dispatcher: this.dispatcher });
      if (statusCode === 200) return count(body, onChunks);
      const text = await body.text();
      if (statusCode !== 204) throw new Error(`Status ${statusCode}: ${text}`);
      await sleep(TRY_EVERY_MS);
    }
    throw new Error(`${path} has nothing to follow.`);
  }

  close(): Promise<void> {
    return this.dispatcher.destroy();
  }
}

/** Counts the chunks of text of a stream of events. */
async function count(body: AsyncIterable<Buffer>, onChunks: (count: number) => void): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const bytes of body) {
    const text = Buffer.concat([rest, bytes]);
    let found = 0;
    let end = 0;
    for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, end)) {
      found += 1;
      end = at + MARK.length;
    }
    rest = text.subarray(Math.max(end, text.length - MARK.length + 1));
    onChunks(found);
  }
}
