import { type MessageRecord } from '../../src/messages/message.interface.js';
import { type ReceivedEvent } from '../e2e/support/event-reader.js';

/** Where a takeover lets the indices of a run continue. */
const JUMP = 1_000_000;
const FINAL = new Set<unknown>(['completed', 'failed', 'cancelled', 'interrupted']);

/** What the events of a run have told a reader that keeps the text of each message, and takes back what is reset. */
export class ToldRun {
  readonly texts = new Map<string, string>();
  readonly faults: string[] = [];
  /** The final status, once it has been told. */
  end: string | undefined;
  lastIndex = -1;
  private messageId = '';
  private hasJumped = false;
  private isAfterReset = false;

  constructor(private readonly runId: string) {}

  take({ id = '', type, data }: ReceivedEvent): void {
    this.count(id, type);
    if (this.end !== undefined) this.faults.push(`${type ?? ''} came after the end`);
    switch (type) {
      case 'message-start':
        this.messageId = data.messageId as string;
        this.texts.set(this.messageId, '');
        break;
      case 'text-delta':
        this.texts.set(this.messageId, (this.texts.get(this.messageId) ?? '') + (data.text as string));
        break;
      case 'reset':
        this.texts.delete(data.messageId as string);
        break;
      case 'message-end':
        this.endMessage(data.message as MessageRecord);
        break;
      case 'run-end':
        if (FINAL.has(data.status)) this.end = data.status as string;
        break;
    }
    this.isAfterReset = type === 'reset';
  }

  private endMessage({ id, text }: MessageRecord): void {
    const told = this.texts.get(id) ?? '';
    // Deltas that died with a process are told by the end of their message.
    const isWhole = told === text || (this.hasJumped && text.startsWith(told));
    if (!isWhole)
      this.faults.push(`message ${id} was told as ${JSON.stringify(told)}, and ends as ${JSON.stringify(text)}`);
    this.texts.set(id, text);
  }

  private count(id: string, type: string | undefined): void {
    const [runId, place = ''] = id.split(':');
    const index = Number(place);
    if (runId !== this.runId || !/^\d+$/.test(place)) this.faults.push(`${type ?? ''} has the id ${id}`);
    const isNext = index === this.lastIndex + 1;
    const isJump = index > this.lastIndex && index % JUMP === 0;
    // A stream that was rebuilt from the messages counts from 0, after what was told has been taken back.
    const isRebuilt = this.isAfterReset && index === 0;
    if (!isNext && !isJump && !isRebuilt) this.faults.push(`${type ?? ''} ${index} follows ${this.lastIndex}`);
    if (isJump && !isNext) this.hasJumped = true;
    if (isRebuilt && !isNext) this.texts.clear();
    this.lastIndex = index;
  }
}
