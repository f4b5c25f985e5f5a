import { type ReactElement, useState } from 'react';
import { ModelPicker } from '../chats/model-picker.js';
import { Composer } from '../composer/composer.js';
import { SandboxPrompts } from '../sandbox/sandbox-prompts.js';
import { isSandbox } from '../sandbox/is-sandbox.js';
import { callServer } from '../server/call-server.js';
import { explain } from '../server/problem.js';
import { type ChatSummary, type ModelSummary, type NewMessage } from '../server/server.interface.js';

const MAX_TITLE_LENGTH = 60;
/** The agent that offers the demonstration tools, where the sandbox answers. */
const DEMONSTRATION_AGENT = 'demonstration';

interface NewChatPageProps {
  models: ModelSummary[];
  onCreated: (id: string, first: NewMessage) => void;
}

/** A chat that does not exist yet: its first message creates it, with the model that was chosen. */
export function NewChatPage({ models, onCreated }: NewChatPageProps): ReactElement {
  const [model, setModel] = useState('');
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const begin = async (first: NewMessage): Promise<void> => {
    setBusy(true);
    try {
      const { id } = await callServer<ChatSummary>('POST', '/chats', {
        title: titleOf(first),
        ...(model !== '' && { model }),
        ...(isSandbox() && { agent: DEMONSTRATION_AGENT }),
      });
      onCreated(id, first);
    } catch (reason) {
      setError(reason);
      setBusy(false);
      throw reason;
    }
  };
  return (
    <>
      <header className="chat-head">
        <h1>New chat</h1>
        <ModelPicker
          models={models}
          value={model}
          hasDefault
          onChoose={(id) => {
            setModel(id);
            return Promise.resolve();
          }}
        />
      </header>
      <div className="messages empty">
        <p>Ask something to begin.</p>
        {isSandbox() && <SandboxPrompts onChoose={(text) => void begin(userMessage(text)).catch(() => undefined)} />}
      </div>
      {error !== undefined && (
        <p className="failure" role="alert">
          {explain(error)}
        </p>
      )}
      <Composer model={models.find(({ id }) => id === model)} isBusy={isBusy} onSend={begin} />
    </>
  );
}

function userMessage(text: string): NewMessage {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

function titleOf({ parts }: NewMessage): string {
  const text = parts
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text.length > MAX_TITLE_LENGTH ? `${text.slice(0, MAX_TITLE_LENGTH - 1).toWellFormed()}…` : text || 'Chat';
}
