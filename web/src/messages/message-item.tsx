import { memo, type ReactElement, useState } from 'react';
import { type ChatMessage } from '../server/server.interface.js';
import { EditForm } from './edit-form.js';
import { type MessageActions } from './message-actions.interface.js';
import { MessagePart } from './message-part.js';
import { textOf } from './text-of.js';

interface MessageItemProps {
  message: ChatMessage;
  /** Whether the answer is being written now. */
  isGrowing: boolean;
  /** Whether the chat takes an edit, another answer or a decision now. */
  isIdle: boolean;
  actions: MessageActions;
}

/** A message of the chat with what can be done with it. */
export const MessageItem = memo(({ message, isGrowing, isIdle, actions }: MessageItemProps): ReactElement => {
  const [isEdited, setEdited] = useState(false);
  const isOwn = message.role === 'user';
  const name = isOwn ? 'You' : (message.metadata?.model ?? 'Answer');
  return (
    <li>
      <article className={`message ${message.role}`} aria-label={isOwn ? 'Your message' : `Answer of ${name}`}>
        <p className="author">{name}</p>
        {isEdited ? (
          <EditForm
            text={textOf(message)}
            onSave={(text) => {
              setEdited(false);
              actions.edit(message.id, text);
            }}
            onCancel={() => {
              setEdited(false);
            }}
          />
        ) : (
          message.parts.map((part, index) => (
            <MessagePart
              key={index}
              part={part}
              isOwn={isOwn}
              isGrowing={isGrowing && index === message.parts.length - 1}
              isIdle={isIdle}
              decide={actions.decide}
            />
          ))
        )}
        {isIdle && !isEdited && (
          <p className="actions">
            {isOwn ? (
              <button
                type="button"
                className="quiet"
                onClick={() => {
                  setEdited(true);
                }}
              >
                Edit
              </button>
            ) : (
              <button
                type="button"
                className="quiet"
                onClick={() => {
                  actions.regenerate(message.id);
                }}
              >
                Regenerate
              </button>
            )}
          </p>
        )}
      </article>
    </li>
  );
});
