import { type ReactElement, useEffect, useState, useSyncExternalStore } from 'react';
import { ChatList } from './chats/chat-list.js';
import { useChatList } from './chats/use-chat-list.js';
import { ChatPage } from './conversation/chat-page.js';
import { NewChatPage } from './conversation/new-chat-page.js';
import { keepFirstMessage } from './conversation/first-messages.js';
import { isSandbox } from './sandbox/is-sandbox.js';
import { KeyForm } from './server/key-form.js';
import { sessionKey } from './server/session-key.js';
import { type ModelSummary, type Page } from './server/server.interface.js';
import { useServerData } from './server/use-server-data.js';
import { selectedChat, subscribeToAddress } from './selected-chat.js';

/** The page. Where the server refuses the key, or its absence, the key is asked for first. */
export function App(): ReactElement {
  const { key, isMissing } = useSyncExternalStore(sessionKey.subscribe, sessionKey.get);
  // Another key may belong to another owner: everything is read again.
  return isMissing ? <KeyForm /> : <Chats key={key} />;
}

function Chats(): ReactElement {
  const selected = useSyncExternalStore(subscribeToAddress, selectedChat);
  const models = useServerData<Page<ModelSummary>>('/models').data?.items ?? [];
  const chats = useChatList();
  const [isListOpen, setListOpen] = useState(false);
  useEffect(() => {
    setListOpen(false);
  }, [selected]);
  return (
    <>
      {isSandbox() && (
        <p className="banner">
          Answers come from a sandbox on this machine, not from a model. Set <code>GITLAB_TOKEN</code> for GitLab Duo.
        </p>
      )}
      <div className="columns">
        <aside className={isListOpen ? 'open' : undefined}>
          <div className="aside-row">
            <a className="button" href="#/">
              New chat
            </a>
            <button
              type="button"
              className="quiet list-switch"
              aria-expanded={isListOpen}
              onClick={() => {
                setListOpen(!isListOpen);
              }}
            >
              Chats
            </button>
          </div>
          <ChatList chats={chats} selected={selected} />
        </aside>
        <main>
          {selected === null ? (
            <NewChatPage
              models={models}
              onCreated={(id, first) => {
                keepFirstMessage(id, first);
                location.hash = `#/chats/${id}`;
              }}
            />
          ) : (
            <ChatPage key={selected} id={selected} models={models} onAnswered={chats.refresh} />
          )}
        </main>
      </div>
    </>
  );
}
