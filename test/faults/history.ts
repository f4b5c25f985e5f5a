import { type ReceivedEvent } from '../e2e/support/event-reader.js';

/** A response to an ask. */
export interface AskResponse {
  status: number;
  /** Of `X-Run-Id`: the ask is acknowledged. */
  runId: string | undefined;
  isReplayed: boolean;
  /** The answer, where the response has it. */
  message: { id: string; text: string; status: string } | undefined;
  /** Of a problem. */
  code: string | undefined;
}

/** An ask or a completion, with every response to it; `content` is unique, `null` for a completion. */
export interface Ask {
  chatId: string;
  content: string | null;
  key: string | undefined;
  whenBusy: string | undefined;
  onDisconnect: string | undefined;
  responses: AskResponse[];
  /** Runs that a response has named. */
  runIds: Set<string>;
}

/** A reader of one run from its start, over any number of connections. */
export interface Reading {
  chatId: string;
  runId: string;
  /** Whether it begins with the stream of a completion, where a parked run continues. */
  isResumed: boolean;
  events: ReceivedEvent[];
  /** What was wrong with how the events came. */
  faults: string[];
  /** Whether it has seen the end of the run. */
  isEnded: boolean;
}

/** A call of a tool that began. */
export interface Effect {
  tool: string;
  toolCallId: string;
  runId: string;
}

/** All that the clients have done and seen. */
export class History {
  readonly chats = new Set<string>();
  readonly asks: Ask[] = [];
  readonly readings: Reading[] = [];
  readonly effects: Effect[] = [];
  /** Runs that a client has cancelled. */
  readonly cancelled = new Set<string>();
  /** The faults that there were. */
  readonly faults: string[] = [];
  /** Servers that SIGTERM did not end in time. */
  readonly unstoppable: number[] = [];
  /** The statuses of runs that were read after they had ended. */
  readonly ends = new Map<string, Set<string>>();
  private readonly lines: { chatId: string | undefined; text: string }[] = [];
  private readonly start = performance.now();

  /** Remembers a line of the history of one chat, or of all chats. */
  note(chatId: string | undefined, text: string): void {
    const seconds = ((performance.now() - this.start) / 1_000).toFixed(2).padStart(7);
    this.lines.push({ chatId, text: `${seconds} s  ${text}` });
  }

  /** What happened to a chat, and to the servers meanwhile. */
  linesOf(chatId: string): string[] {
    return this.lines.filter((line) => line.chatId === undefined || line.chatId === chatId).map(({ text }) => text);
  }

  /** The runs that a response has acknowledged, with their chats. */
  acknowledged(): Map<string, string> {
    return new Map(this.asks.flatMap(({ chatId, runIds }) => [...runIds].map((id): [string, string] => [id, chatId])));
  }
}
