import { type ReactElement } from 'react';
import { type FileUIPart } from 'ai';

interface AttachmentListProps {
  files: FileUIPart[];
  onRemove: (file: FileUIPart) => void;
}

/** The files that go with the next message. */
export function AttachmentList({ files, onRemove }: AttachmentListProps): ReactElement | null {
  if (files.length === 0) return null;
  return (
    <ul className="attachments" aria-label="Attached files">
      {files.map((file, index) => (
        <li key={index}>
          {file.filename}{' '}
          <button
            type="button"
            className="quiet"
            aria-label={`Remove ${file.filename ?? 'file'}`}
            onClick={() => {
              onRemove(file);
            }}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}
