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
  private readonly complete = new Set<string>();
  private messageId = '';
  private hasLostDeltas = false;
  private isCorrected = false;

  /** @param isResumed whether the reader begins where a parked run continues */
  constructor(
    private readonly runId: string,
    readonly isResumed: boolean,
  ) {}

  take({ id = '', type, data }: ReceivedEvent): void {
    this.count(id, type);
    if (this.end !== undefined) this.faults.push(`${type ?? ''} came after the end`);
    switch (type) {
      case 'message-start':
        this.messageId = data.messageId as string;
        this.texts.set(this.messageId, '');
        this.complete.delete(this.messageId);
        break;
      case 'text-delta':
        this.texts.set(this.messageId, (this.texts.get(this.messageId) ?? '') + (data.text as string));
        break;
      case 'reset':
        this.texts.delete(data.messageId as string);
        this.complete.delete(data.messageId as string);
        break;
      case 'message-end':
        this.endMessage(data.message as MessageRecord);
        break;
      case 'run-end':
        if (FINAL.has(data.status)) this.end = data.status as string;
        break;
    }
  }

  private endMessage({ id, text }: MessageRecord): void {
    const told = this.texts.get(id) ?? '';
    // Deltas that died with a process are told by the end of their message.
    const isWhole = told === text || (this.hasLostDeltas && text.startsWith(told));
    if (!isWhole)
      this.faults.push(`message ${id} was told as ${JSON.stringify(told)}, and ends as ${JSON.stringify(text)}`);
    if (this.complete.has(id)) this.faults.push(`message ${id} ends twice`);
    this.complete.add(id);
    this.texts.set(id, text);
  }

  private count(id: string, type: string | undefined): void {
    if (id === '' && type === 'reset') {
      // The log does not have what this reader has: some of it is told again.
      this.isCorrected = true;
      this.hasLostDeltas = true;
      return;
    }
    const [runId, place = ''] = id.split(':');
    const index = Number(place);
    const before = this.lastIndex;
    this.lastIndex = index;
    if (runId !== this.runId || !/^\d+$/.test(place)) this.faults.push(`${type ?? ''} has the id ${id}`);
    const isRetold = this.isCorrected && index <= before;
    this.isCorrected = false;
    if (index === before + 1 || isRetold || (before === -1 && this.isResumed)) return;
    if (index > before && index % JUMP === 0) this.hasLostDeltas = true;
    else this.faults.push(`${type ?? ''} ${index} follows ${before}`);
  }
}
