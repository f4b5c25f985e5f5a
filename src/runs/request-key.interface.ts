/** A key that makes a request happen once, with the request that it stands for. */
export interface RequestKey {
  key: string;
  /** The SHA-256 of the request in hex. */
  requestHash: string;
}

/** A key that is known, and its run. */
export interface KeyedRun {
  runId: string;
  requestHash: string;
}
