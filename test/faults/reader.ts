import { setTimeout } from 'node:timers/promises';
import { readEvents } from '../e2e/support/event-reader.js';
import { type Choice } from './choice.js';
import { type Instance } from './cluster.js';
import { type History, type Reading } from './history.js';
import { Silence } from './silence.js';
import { ToldRun } from './told-run.js';

const RETRY_MS = 300;

/** Reads runs to their ends, over connections that break, on any instance. */
export class Reader {
  private readonly open = new Set<Promise<unknown>>();

  constructor(
    private readonly history: History,
    private readonly instances: readonly Instance[],
    private readonly choice: Choice,
    private readonly signal: AbortSignal,
  ) {}

  /** Reads a run in the background: the stream of its ask, if there is one, and then further connections. */
  follow(chatId: string, runId: string, asked?: { response: Response; leave: AbortController }): void {
    const isResumed = asked?.response.url.endsWith('/completions') ?? false;
    const reading: Reading = { chatId, runId, isResumed, events: [], faults: [], isEnded: false };
    this.history.readings.push(reading);
    const work = this.read(reading, asked).finally(() => this.open.delete(work));
    this.open.add(work);
  }

  /** Waits until every reader has seen the end of its run. */
  async ended(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  private async read(reading: Reading, asked?: { response: Response; leave: AbortController }): Promise<void> {
    const told = new ToldRun(reading.runId, reading.isResumed);
    if (asked) await this.take(reading, told, asked.response, asked.leave);
    while (!reading.isEnded && !this.signal.aborted) {
      // A server that is down, or was stopped: another one is asked a little later.
      await this.connect(reading, told).catch(() => undefined);
      await setTimeout(RETRY_MS);
    }
    reading.faults.push(...told.faults);
  }

  private async connect(reading: Reading, told: ToldRun): Promise<void> {
    const { chatId, runId } = reading;
    const { url, number } = this.choice.one(this.instances);
    const leave = new AbortController();
    const silence = new Silence(leave);
    const hasPosition = told.lastIndex >= 0;
    const isInHeader = hasPosition && this.choice.isLucky(50);
    const query = hasPosition && !isInHeader ? `?after=${told.lastIndex}` : '';
    const response = await fetch(`${url}/chats/${chatId}/runs/${runId}/events${query}`, {
      headers: { accept: 'text/event-stream', ...(isInHeader && { 'last-event-id': `${runId}:${told.lastIndex}` }) },
      signal: AbortSignal.any([leave.signal, this.signal]),
    }).finally(() => {
      silence.end();
    });
    if (response.status === 200) return this.take(reading, told, response, leave);
    const isLater = response.status >= 500 || response.status === 429;
    if (response.status !== 204 && !isLater) {
      reading.faults.push(`server ${number} answered ${response.status}: ${await response.text()}`);
    } else if (response.status === 204 && told.end === undefined) {
      reading.faults.push(`server ${number} answered 204 after ${told.lastIndex}, before the end`);
    }
    reading.isEnded = !isLater;
  }

  /** Takes events until the stream ends or breaks, or this reader breaks it. */
  private async take(reading: Reading, told: ToldRun, response: Response, leave: AbortController): Promise<void> {
    const isAsk = !response.url.includes('/events');
    const silence = new Silence(leave);
    let left = this.choice.isLucky(40) ? this.choice.number(1, 60) : Infinity;
    let isParked = false;
    try {
      for await (const event of readEvents(response, silence.touch)) {
        reading.events.push(event);
        told.take(event);
        isParked = event.type === 'run-end' && event.data.status === 'awaiting_approval';
        left -= 1;
        if (left <= 0) break;
      }
    } catch {
      return;
    } finally {
      silence.end();
      leave.abort();
      reading.isEnded = told.end !== undefined;
    }
    // A clean end looks like success to clients.
    if (!reading.isEnded && left > 0 && !(isAsk && isParked)) {
      reading.faults.push(`the stream of ${response.url} ended after ${told.lastIndex} without run-end`);
    }
  }
}
