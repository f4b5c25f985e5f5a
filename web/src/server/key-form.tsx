import { type ReactElement, useState } from 'react';
import { enterKey, sessionKey } from './session-key.js';

/** Asks for the API key of the server, which the browser forgets at the end of its session. */
export function KeyForm(): ReactElement {
  const [key, setKey] = useState('');
  const isRefused = sessionKey.get().key !== null;
  return (
    <main className="key">
      <h1>API key</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') enterKey(key.trim());
        }}
      >
        {isRefused && (
          <p className="failure" role="alert">
            The server does not know this key. Check it, and enter it again.
          </p>
        )}
        <label htmlFor="api-key">This server asks for a key. It is kept until you close this tab.</label>
        <input
          id="api-key"
          type="password"
          autoComplete="off"
          autoFocus
          value={key}
          onChange={(event) => {
            setKey(event.target.value);
          }}
        />
        <button type="submit">Continue</button>
      </form>
    </main>
  );
}
