/** Why a turn is stopped that continues in another process: what it has not finished is left as it is. */
export class TurnReleasedError extends Error {
  constructor() {
    super('The run continues in another process.');
  }
}

/** Whether a turn is stopped to be continued in another process. */
export function isReleased({ reason }: AbortSignal): boolean {
  return reason instanceof TurnReleasedError;
}
