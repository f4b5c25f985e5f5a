import { type ReactElement, useId, useState } from 'react';

interface ApprovalFormProps {
  name: string;
  isIdle: boolean;
  onDecide: (isApproved: boolean, reason?: string) => void;
}

/** Approves or denies a call; the model reads the reason of a denial. */
export function ApprovalForm({ name, isIdle, onDecide }: ApprovalFormProps): ReactElement {
  const [reason, setReason] = useState('');
  const id = useId();
  return (
    <form
      className="approval"
      aria-label={`Decision on ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <button
        type="button"
        disabled={!isIdle}
        onClick={() => {
          onDecide(true);
        }}
      >
        Approve
      </button>
      <button
        type="button"
        className="danger"
        disabled={!isIdle}
        onClick={() => {
          onDecide(false, reason.trim() || undefined);
        }}
      >
        Deny
      </button>
      <label htmlFor={id}>Reason of a denial</label>
      <input
        id={id}
        value={reason}
        placeholder="optional, for the model"
        onChange={(event) => {
          setReason(event.target.value);
        }}
      />
    </form>
  );
}
