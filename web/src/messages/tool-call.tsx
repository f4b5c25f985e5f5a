import { type ReactElement } from 'react';
import { type DynamicToolUIPart, getToolName, type ToolUIPart } from 'ai';
import { ApprovalForm } from './approval-form.js';
import { type MessageActions } from './message-actions.interface.js';

export type ToolPart = ToolUIPart | DynamicToolUIPart;

interface ToolCallProps {
  part: ToolPart;
  isIdle: boolean;
  decide: MessageActions['decide'];
}

/** A tool call: what the tool receives, how far it is, what it returned, and the decision that it waits for. */
export function ToolCall({ part, isIdle, decide }: ToolCallProps): ReactElement {
  const name = getToolName(part);
  return (
    <section className={`tool ${part.state}`} aria-label={`Tool call ${name}`}>
      <p className="tool-head">
        <code>{name}</code> <span role="status">{statusOf(part)}</span>
      </p>
      {part.input !== undefined && (
        <details>
          <summary>Input</summary>
          <pre tabIndex={0}>{asText(part.input)}</pre>
        </details>
      )}
      {part.state === 'output-available' && (
        <details open={part.preliminary === true}>
          <summary>{part.preliminary ? 'Progress' : 'Result'}</summary>
          <pre tabIndex={0}>{asText(part.output)}</pre>
        </details>
      )}
      {part.state === 'output-error' && <p className="failure">{part.errorText}</p>}
      {'approval' in part && part.approval?.reason && <p className="hint">{`Reason: ${part.approval.reason}`}</p>}
      {part.state === 'approval-requested' && (
        <ApprovalForm
          name={name}
          isIdle={isIdle}
          onDecide={(isApproved, reason) => {
            decide(part.approval.id, isApproved, reason);
          }}
        />
      )}
    </section>
  );
}

function statusOf(part: ToolPart): string {
  switch (part.state) {
    case 'input-streaming':
      return 'is being called…';
    case 'input-available':
      return 'works…';
    case 'approval-requested':
      return 'waits for your decision';
    case 'approval-responded':
      return part.approval.approved ? 'was approved' : 'was denied';
    case 'output-available':
      return part.preliminary ? 'works…' : 'is done';
    case 'output-error':
      return 'failed';
    case 'output-denied':
      return 'was denied';
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
