/** A run whose instance is gone, or has handed it over. */
export interface OrphanRun {
  id: string;
  chatKind: string;
  chatId: string;
  ownerId: string | null;
  fence: number;
  /** Whether it belongs to this very process, which could not store its end. */
  isOwn: boolean;
}

/** A chat that has no active run, and whose first queued run may begin. */
export interface QueuedChat {
  chatKind: string;
  chatId: string;
  ownerId: string | null;
}

/** What a sweep looks for. */
export interface SweepRequest {
  instanceId: string;
  /** The kinds of chat whose runs this process works. */
  kinds: readonly string[];
  /** The instances that count as dead. */
  dead: readonly string[];
  /** The runs of this process that it works no more, and whose end it could not store. */
  unstored: readonly string[];
  /** Runs that this process works, to see whether it still has them. */
  working: readonly string[];
}

/** What a sweep has found; of orphans and queued chats only the first few. */
export interface Sweep {
  /** Instances with running runs that have no lease any more, or have lost their session. */
  missing: string[];
  orphans: OrphanRun[];
  queued: QueuedChat[];
  /** Runs of this instance that were cancelled on another one. */
  cancelled: string[];
  /** Runs of this instance that are followed on another one. */
  followed: string[];
  /** Of the runs that this process works, those that another instance has taken over, or that are gone. */
  lost: string[];
}

/** Keeps the lease of a server instance, and finds the work that waits for one; times are those of the store's own clock. */
export interface LeaseStore {
  /**
   * Keeps a session of the instance's own from now on.
   * @param onChange called when the session is there, or cannot be had: the lease has to be renewed then
   */
  open(instanceId: string, onChange: () => void): void;
  /**
   * Takes or renews the lease of the instance.
   * @returns how long it holds, in milliseconds
   */
  renew(instanceId: string): Promise<number>;
  /** Gives the lease back, and ends the session. */
  release(instanceId: string): Promise<void>;
  sweep(request: SweepRequest): Promise<Sweep>;
}
