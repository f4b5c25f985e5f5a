import { type ReactElement, useState } from 'react';

interface EditFormProps {
  text: string;
  onSave: (text: string) => void;
  onCancel: () => void;
}

/** Changes a message of the user, which asks again from there. */
export function EditForm({ text, onSave, onCancel }: EditFormProps): ReactElement {
  const [value, setValue] = useState(text);
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() !== '') onSave(value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <textarea
        aria-label="Your message, changed"
        autoFocus
        rows={3}
        value={value}
        onChange={(event) => {
          setValue(event.target.value);
        }}
      />
      <p className="hint">What came after this message is replaced by a new answer.</p>
      <p className="actions">
        <button type="submit">Save and ask again</button>
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
      </p>
    </form>
  );
}
