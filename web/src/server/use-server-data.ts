import { useCallback, useEffect, useState } from 'react';
import { callServer } from './call-server.js';

/** What a call has answered so far. */
export interface ServerData<T> {
  data: T | undefined;
  error: unknown;
  /** Makes the call again; the old data stays until the answer. */
  reload: () => void;
}

/** Reads a path of the server, and again when the path changes. */
export function useServerData<T>(path: string): ServerData<T> {
  const [state, setState] = useState<{ path: string; data?: T; error?: unknown }>({ path });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    callServer<T>('GET', path, undefined, leaving.signal).then(
      (data) => {
        if (!leaving.signal.aborted) setState({ path, data });
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) setState((before) => ({ ...before, path, error }));
      },
    );
    return () => {
      leaving.abort();
    };
  }, [path, round]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { data: state.path === path ? state.data : undefined, error: state.error, reload };
}
