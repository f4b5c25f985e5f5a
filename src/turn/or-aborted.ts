/** What the work brings, or `undefined` when it has not settled `graceMs` after the signal's abort; it may go on then. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const abandoned = new Promise<undefined>((resolve) => {
    giveUp = () => {
      timer = setTimeout(resolve, graceMs, undefined);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
