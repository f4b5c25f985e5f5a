import { type ToolCallPart, type ToolResultPart } from '../messages/part.interface.js';
import { type ToolCallRecord, type ToolCallStatus } from '../messages/tool-call.interface.js';
import { type StoredToolCall } from '../runs/run-progress.interface.js';
import { denial } from '../turn/planned-call.js';
import { type NewCall } from '../turn/turn.interface.js';
import { decidedBefore, type ToolCallDecision } from './tool-call-decision.js';

interface KeptCall extends StoredToolCall {
  messageId: string;
  part: ToolCallPart;
  decidedBy: string | null;
  decidedAt: string | null;
  hasResult: boolean;
  isAbandoned: boolean;
}

/** The tool calls of one chat in memory. */
export class MemoryToolCalls {
  private readonly calls = new Map<string, KeptCall>();

  constructor(private readonly chatId: string) {}

  add(messageId: string, calls: readonly NewCall[]): void {
    for (const { id, ordinal, part, status, needsApproval } of calls) {
      const undecided = { reason: null, decidedBy: null, decidedAt: null, hasResult: false, isAbandoned: false };
      this.calls.set(id, { id, ordinal, part, status, needsApproval, messageId, ...undecided });
    }
  }

  move(id: string, status: ToolCallStatus, hasResult: boolean): void {
    const call = this.calls.get(id);
    if (call) this.calls.set(id, { ...call, status, hasResult });
  }

  /** The chat moves on: the calls so far, or those of some messages, get no results any more. */
  leave(messageIds?: readonly string[]): void {
    for (const [id, call] of this.calls) {
      if (messageIds?.includes(call.messageId) ?? true) this.calls.set(id, { ...call, isAbandoned: true });
    }
  }

  open(messageId: string): StoredToolCall[] {
    return [...this.calls.values()].filter(
      (call) => call.messageId === messageId && !call.hasResult && !call.isAbandoned,
    );
  }

  pending(): ToolCallRecord[] {
    return [...this.calls.values()].filter(isUndecided).map(toolCallRecord);
  }

  /**
   * Denies the calls that have not run.
   * @returns what the model receives of them, in order
   */
  denyAll(reason: string): ToolResultPart[] {
    return [...this.calls.values()]
      .filter(({ hasResult, isAbandoned }) => !hasResult && !isAbandoned)
      .map((call) => {
        const decided = call.status === 'denied' ? call : { ...call, decidedAt: new Date().toISOString(), reason };
        this.calls.set(call.id, { ...decided, status: 'denied', hasResult: true });
        const { reason: why } = decided;
        const { id, name } = call.part;
        return { type: 'tool-result', id, name, content: denial(why), isError: true };
      });
  }

  decide(decision: ToolCallDecision): ToolCallRecord {
    const { id, status, by, reason } = decision;
    const call = this.calls.get(id);
    if (call === undefined || !isUndecided(call)) {
      return decidedBefore(this.chatId, decision, call && toolCallRecord(call));
    }
    const decided = { ...call, status, decidedBy: by, decidedAt: new Date().toISOString(), reason };
    this.calls.set(id, decided);
    return toolCallRecord(decided);
  }
}

function isUndecided({ status, needsApproval, isAbandoned }: KeptCall): boolean {
  return needsApproval && status === 'pending' && !isAbandoned;
}

function toolCallRecord({ id, part, status, decidedBy, decidedAt, reason }: KeptCall): ToolCallRecord {
  return {
    id,
    providerCallId: part.id,
    name: part.name,
    arguments: part.arguments,
    status,
    decidedBy,
    decidedAt,
    reason,
  };
}
