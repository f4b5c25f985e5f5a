import { type KeyboardEvent, type ReactElement, useRef, useState } from 'react';
import { type FileUIPart } from 'ai';
import { type ModelSummary, type NewMessage } from '../server/server.interface.js';
import { AttachmentList } from './attachment-list.js';
import { MEDIA_TYPES, readAttachment } from './attachment.js';
import { unreadableBy } from './unreadable-by.js';

interface ComposerProps {
  model: ModelSummary | undefined;
  isBusy: boolean;
  /** Where it rejects, the message stays in the form. */
  onSend: (message: NewMessage) => void | Promise<void>;
  /** Stops the answer; without it there is nothing to stop. */
  onStop?: () => void;
}

/** The form for the next message. Enter sends it, Shift and Enter begin a new line. */
export function Composer({ model, isBusy, onSend, onStop }: ComposerProps): ReactElement {
  const [text, setText] = useState('');
  const [files, setFiles] = useState<FileUIPart[]>([]);
  const [error, setError] = useState<string>();
  const input = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);

  const attach = async (chosen: File[]): Promise<void> => {
    setError(undefined);
    try {
      const read = await Promise.all(chosen.map(readAttachment));
      setFiles((before) => [...before, ...read]);
    } catch (reason) {
      setError((reason as Error).message);
    }
  };
  const send = async (): Promise<void> => {
    if (isBusy || text.trim() === '') return;
    const unreadable = unreadableBy(model, files);
    setError(unreadable);
    if (unreadable !== undefined) return;
    setText('');
    setFiles([]);
    input.current?.focus();
    try {
      await onSend({ role: 'user', parts: [...files, { type: 'text', text }] });
    } catch {
      setText(text);
      setFiles(files);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className="composer"
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {error !== undefined && (
        <p className="failure" role="alert">
          {error}
        </p>
      )}
      <AttachmentList
        files={files}
        onRemove={(file) => {
          setFiles((before) => before.filter((each) => each !== file));
        }}
      />
      <textarea
        ref={input}
        aria-label="Message"
        placeholder="Message"
        rows={2}
        autoFocus
        value={text}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <div className="composer-row">
        <input
          ref={chooser}
          className="visually-hidden"
          type="file"
          multiple
          tabIndex={-1}
          aria-label="Files to attach"
          accept={MEDIA_TYPES.join(',')}
          onChange={({ target }) => {
            void attach([...(target.files ?? [])]);
            target.value = '';
          }}
        />
        <button type="button" className="quiet" onClick={() => chooser.current?.click()}>
          Attach image or PDF
        </button>
        {isBusy && onStop ? (
          <button type="button" className="danger" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button type="submit" disabled={isBusy || text.trim() === ''}>
            Send
          </button>
        )}
      </div>
    </form>
  );
}
