/**
 * Calls `stop` once, at the first of: a signal to end (SIGINT, SIGTERM, SIGHUP), or the end of the launcher that
 * forked this process, even by SIGKILL. What comes later is ignored, so that it cannot cut the stop short: the
 * terminal and the launcher both pass on a Ctrl-C. Call it before anything that takes time.
 */
export function stopWhenAsked(stop: (reason: string) => void): void {
  let asked = false;
  const ask = (reason: string) => {
    if (asked) return;
    asked = true;
    stop(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  if (process.send === undefined) return;
  const launcherEnded = () => {
    ask('the end of its launcher');
  };
  process.once('disconnect', launcherEnded);
  process.channel?.unref();
  if (!process.connected) launcherEnded();
}
