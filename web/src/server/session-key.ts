const STORAGE_NAME = 'api-key';

/** What the page knows about the API key of the server. */
export interface KeyState {
  /** Kept until the browser's session ends. */
  readonly key: string | null;
  /** Whether the server has refused a call for want of a valid key. */
  readonly isMissing: boolean;
}

const listeners = new Set<() => void>();
let state: KeyState = { key: sessionStorage.getItem(STORAGE_NAME), isMissing: false };

/** The state of the key, for `useSyncExternalStore`. */
export const sessionKey = {
  get: (): KeyState => state,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Remembers the key for this session of the browser. */
export function enterKey(key: string): void {
  sessionStorage.setItem(STORAGE_NAME, key);
  change({ key, isMissing: false });
}

/** Notes that the server refused the key that a call was made with, unless another one has been entered since. */
export function refuseKey(key: string | null): void {
  if (key === state.key) change({ key, isMissing: true });
}

function change(next: KeyState): void {
  state = next;
  for (const listener of listeners) listener();
}
